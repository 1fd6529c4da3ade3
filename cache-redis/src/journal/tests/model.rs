//! The journal against a model that keeps everything.

use proptest::prelude::*;

use super::*;

/// What can happen to a journal and its two servers.
#[derive(Clone, Debug)]
enum Step {
    Add(What),
    /// One of the outstanding ones is done; its acknowledgement is on its way.
    Do(usize),
    /// One of the acknowledgements arrives.
    Acknowledge(usize),
    Wait(u32),
    /// A server forgets what it did in the last minute.
    Forget(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || prop_oneof![3 => Just("a"), 2 => Just("b")];
    prop_oneof![
        6 => (name(), 0..6_u32).prop_map(|(name, number)| Step::Add(key_of(name, number))),
        1 => name().prop_map(|name| Step::Add(cache(name))),
        5 => any::<usize>().prop_map(Step::Do),
        5 => any::<usize>().prop_map(Step::Acknowledge),
        1 => (1..40_u32).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Forget),
    ]
}

fn server(what: &What) -> bool {
    slot_of(what).is_multiple_of(2)
}

/// The truth, without any cleverness: all that was asked for and all that was done, in order.
struct Model {
    journal: Journal,
    now: Instant,
    asked: Vec<(usize, What)>,
    done: Vec<(usize, Instant, What)>,
    on_their_way: Vec<Id>,
    steps: usize,
}

impl Model {
    fn new(most: usize) -> Self {
        let journal = Journal::with_room(names(), most);
        Self { journal, now: Instant::now(), asked: vec![], done: vec![], on_their_way: vec![], steps: 0 }
    }

    fn take(&mut self, step: Step) {
        self.steps += 1;
        match step {
            Step::Add(what) => {
                self.journal.add(what.clone());
                self.asked.push((self.steps, what));
            }
            Step::Do(which) => {
                let outstanding = self.journal.outstanding(&|_| true);
                if !outstanding.is_empty() {
                    let (id, what) = outstanding[which % outstanding.len()].clone();
                    self.done.push((self.steps, self.now, what));
                    self.on_their_way.push(id);
                }
            }
            Step::Acknowledge(_) if self.on_their_way.is_empty() => {}
            Step::Acknowledge(which) => {
                let id = self.on_their_way.swap_remove(which % self.on_their_way.len());
                self.journal.acknowledged(id, self.now);
            }
            Step::Wait(seconds) => self.now += seconds * SECOND,
            Step::Forget(which) => {
                let kept = |at| self.now.saturating_duration_since(at) > Duration::from_secs(60);
                self.done.retain(|(_, at, what)| server(what) != which || kept(*at));
                self.journal.suspect(&|slot| slot.is_multiple_of(2) == which, self.now);
            }
        }
    }

    /// All that was asked for and is not done must be outstanding, by itself or with its cache.
    fn check(&self) {
        let outstanding = open(&self.journal);
        for (asked, what) in &self.asked {
            let name = short(what);
            let all = format!("{}*", &name[..1]);
            let done =
                self.done.iter().any(|(step, _, done)| step > asked && [&name, &all].contains(&&short(done)));
            assert!(done || outstanding.contains(&name) || outstanding.contains(&all), "{name} is lost");
        }
        assert_eq!(outstanding.len(), self.journal.len());
    }

    fn settle(&mut self) {
        for (id, _) in self.journal.outstanding(&|_| true) {
            self.journal.acknowledged(id, self.now);
        }
        assert!(!self.journal.has_outstanding());
    }
}

proptest! {
    #[test]
    fn no_invalidation_is_lost(most in 1..9_usize, steps in prop::collection::vec(step(), 0..120)) {
        let mut model = Model::new(most);
        for step in steps {
            model.take(step);
            model.check();
            prop_assert!(model.journal.len() <= most + 2, "a bound for keys, and two caches");
        }
        model.settle();
    }
}
