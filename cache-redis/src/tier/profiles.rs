//! The profiles under which programs use a Redis, noted there under a key that all prefixes share.
//! Nodes of one program under two prefixes share nothing, so each says so once.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;
use redis::{Pipeline, Value};

/// A hash: each field is the [mark](Mark) of some nodes, and its value the time when one of them
/// set it last, in seconds since 1970.
pub(super) const KEY: &str = "cachery:profiles";
/// The time after which a node sets its mark again.
const RENEWAL: Duration = Duration::from_secs(300);
/// The time after which a mark is taken for one of nodes that have ended.
const LIFE: Duration = Duration::from_secs(900);

/// The profiles of one Redis, as one node sees them.
pub(super) struct Profiles {
    own: Mark,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    set: Option<Instant>,
    /// The marks that were told.
    told: BTreeSet<Mark>,
}

/// The program, profile and prefix of a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    program: String,
    profile: String,
    prefix: String,
}

impl Mark {
    fn to_field(&self) -> String {
        format!("{}\t{}\t{}", self.program, self.profile, self.prefix)
    }

    fn read(field: &str) -> Option<Self> {
        let mut parts = field.splitn(3, '\t').map(str::to_owned);
        Some(Self { program: parts.next()?, profile: parts.next()?, prefix: parts.next()? })
    }

    /// Returns the name of the profile, for people.
    fn profile(&self) -> String {
        if self.profile.is_empty() {
            "without a profile".to_owned()
        } else {
            format!("under the profile `{}`", self.profile)
        }
    }
}

impl Profiles {
    /// Returns those of a node of this program.
    pub(super) fn new(profile: Option<&str>, prefix: &str) -> Self {
        let program = env::current_exe().ok().as_deref().and_then(file_name).unwrap_or_default();
        let profile = printable(profile.unwrap_or_default());
        let own = Mark { program, profile, prefix: prefix.to_owned() };
        Self { own, state: Mutex::default() }
    }

    /// Returns the request that sets the mark and reads all, when it is due.
    pub(super) fn request(&self) -> Option<Pipeline> {
        let mut state = self.state.lock();
        if state.set.is_some_and(|set| set.elapsed() < RENEWAL) {
            return None;
        }
        state.set = Some(Instant::now());
        let mut pipeline = Pipeline::new();
        pipeline.cmd("HSET").arg(KEY).arg(self.own.to_field()).arg(seconds());
        pipeline.cmd("PEXPIRE").arg(KEY).arg(LIFE.as_millis().to_string());
        pipeline.cmd("HGETALL").arg(KEY);
        Some(pipeline)
    }

    /// Reads the replies. One that is refused says nothing: the mark helps people only.
    pub(super) fn read(&self, mut replies: Vec<Value>) {
        let marks = replies.pop().map(redis::from_redis_value::<BTreeMap<String, u64>>);
        let Some(Ok(marks)) = marks else { return };
        let now = seconds();
        let are_new = |set: u64| now.saturating_sub(set) < LIFE.as_secs();
        let fields = marks.iter().filter(|(_, set)| are_new(**set)).map(|(field, _)| field);
        fields.filter_map(|field| Mark::read(field)).for_each(|mark| self.tell(&mark));
    }

    fn tell(&self, other: &Mark) {
        let own = &self.own;
        let is_apart = other.program == own.program
            && other.profile != own.profile
            && other.prefix != own.prefix;
        if is_apart && self.state.lock().told.insert(other.clone()) {
            tracing::warn!(
                program = own.program,
                "on one Redis this program runs {} with the prefix `{}`, and {} with the prefix \
                 `{}`: invalidations do not cross; give both one `CACHE_PREFIX` if they are to \
                 share values",
                own.profile(),
                own.prefix,
                other.profile(),
                other.prefix
            );
        }
    }
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name()?.to_str().map(printable)
}

/// Returns the text without characters that a field does not hold.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
