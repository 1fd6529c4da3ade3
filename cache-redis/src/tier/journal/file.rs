//! The file of a journal, so that what is outstanding outlives its process.
//!
//! After a first line with the format there is one line for each invalidation: its kind, and the
//! keys of its script. A reader that finds a line of another shape leaves it out. A line that was
//! done meanwhile may still stand there: to invalidate once more is harmless.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use fs4::{FileExt, TryLockError};

use super::{
    super::names::Names,
    Kind, Scope, TagPart,
    queue::{Note, Queue},
};
use crate::server::ReplayId;

/// The first line: the name of the format and its number.
const FORMAT: &str = "cachery journal 1";
/// So many lines may be done already before the file is written anew, beside as many as are
/// outstanding.
const MOST_DONE: usize = 1_000;

/// The file of a journal.
pub(in crate::tier) struct JournalFile {
    path: PathBuf,
    names: Names,
    node: u64,
    /// `None` while the file cannot be opened, or belongs to another process.
    open: Option<OpenFile>,
    /// True after the log said that the file cannot be used.
    is_told: bool,
}

struct OpenFile {
    file: File,
    lines: usize,
    /// The newest invalidation that is in the file.
    last: ReplayId,
    /// False where the file lacks some of what is outstanding, after a write failed.
    is_complete: bool,
}

impl JournalFile {
    /// Returns the file at `path`, for the invalidations of `node`. It is not opened yet.
    pub(in crate::tier) fn new(path: impl Into<PathBuf>, names: Names, node: u64) -> Self {
        Self { path: path.into(), names, node, open: None, is_told: false }
    }

    /// Returns true when all that is outstanding is in the file.
    pub(super) fn is_complete(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.is_complete)
    }

    /// Opens the file, unless it is open. Returns what an earlier process has left in it.
    pub(super) fn take_over(&mut self) -> Vec<Scope> {
        if self.open.is_some() {
            return Vec::new();
        }
        match OpenFile::open(&self.path) {
            Ok((open, text)) => {
                self.open = Some(open);
                read(&text)
            }
            Err(error) => {
                self.tell(&error);
                Vec::new()
            }
        }
    }

    /// Leaves the file to the next who opens it.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Brings the file up to what is `outstanding`.
    pub(super) fn keep(&mut self, outstanding: &Queue) {
        let Self { names, node, open, .. } = self;
        let Some(open) = open else { return };
        let line = |note: &Note| line(&note.scope, names, *node);
        match open.keep(outstanding, line) {
            Ok(()) => {
                open.is_complete = true;
                self.is_told = false;
            }
            Err(error) => {
                open.is_complete = false;
                self.tell(&error);
            }
        }
    }

    /// Says once that the queue does not outlive the process.
    fn tell(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.is_told, true) {
            tracing::warn!(
                path = %self.path.display(),
                %error,
                "the journal cannot be used: until it can be, queued invalidations are lost when \
                 this process ends"
            );
        }
    }
}

impl OpenFile {
    /// Opens and locks the file at `path`, and reads it.
    fn open(path: &Path) -> io::Result<(Self, String)> {
        // A pipe that nobody reads would be waited for, for ever.
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::other("it is not a file"));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        FileExt::try_lock(&file).map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("another process uses it"),
            TryLockError::Error(error) => error,
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines = text.lines().count();
        Ok((Self { file, lines, last: ReplayId(0), is_complete: false }, text))
    }

    fn keep(&mut self, outstanding: &Queue, line: impl Fn(&Note) -> String) -> io::Result<()> {
        let count = outstanding.len();
        if count == 0 {
            return self.clear();
        }
        let is_new = |id: ReplayId| id > self.last;
        let anew = !self.is_complete || self.lines == 0 || self.lines > 2 * count + MOST_DONE;
        let wanted = outstanding.iter().filter(|(id, _)| anew || is_new(*id));
        let lines: Vec<_> = wanted.map(|(_, note)| line(note)).collect();
        if lines.is_empty() {
            return Ok(());
        }
        if anew {
            self.write_anew(&lines)?;
        } else {
            self.file.seek(SeekFrom::End(0))?;
            self.file.write_all(lines.concat().as_bytes())?;
            self.lines += lines.len();
        }
        self.last = outstanding.iter().last().map_or(self.last, |(id, _)| id);
        Ok(())
    }

    /// Writes over what is there, and then takes off the rest: a process that is killed in between
    /// leaves lines too many.
    fn write_anew(&mut self, lines: &[String]) -> io::Result<()> {
        let text = format!("{FORMAT}\n{}", lines.concat());
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)?;
        self.lines = 1 + lines.len();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        if self.lines > 0 {
            self.file.set_len(0)?;
            self.lines = 0;
        }
        Ok(())
    }
}

impl Drop for OpenFile {
    /// Gives the lock back. Closing the file is not enough: a child process that this one has just
    /// forked holds the same lock until it runs its own program.
    fn drop(&mut self) {
        // Where it fails, closing the file gives the lock back.
        let _ = FileExt::unlock(&self.file);
    }
}

/// Returns the line of an invalidation; of one that may be in several slots, those of its parts.
fn line(scope: &Scope, names: &Names, node: u64) -> String {
    if let Scope::Tag(tag, TagPart::Whole, ending) = scope {
        return Scope::of_tag(tag, *ending).map(|part| line(&part, names, node)).concat();
    }
    let (kind, keys) = scope.keys(names, node);
    let mut line = kind.as_str().to_owned();
    for key in keys {
        line.push(' ');
        // Prefixes, names and numbers are ASCII without spaces.
        line.push_str(&String::from_utf8_lossy(&key));
    }
    line.push('\n');
    line
}

/// Reads the text of a file. A last line without an end was not written to its end.
fn read(text: &str) -> Vec<Scope> {
    let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    if lines.next() != Some(FORMAT) {
        return Vec::new();
    }
    lines.filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<Scope> {
    let mut words = line.split(' ');
    let kind = Kind::named(words.next()?)?;
    let keys: Vec<_> = words.map(|key| key.as_bytes().to_vec()).collect();
    (keys.len() == kind.key_count()).then(|| Scope::Left(kind, keys.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_closed_can_be_opened_though_a_forked_child_still_has_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("journal");
        let (open, _) = OpenFile::open(&path).unwrap();
        // As a child has it between its fork and its program.
        let inherited = open.file.try_clone().unwrap();
        assert!(OpenFile::open(&path).is_err(), "it is locked");
        drop(open);
        assert!(OpenFile::open(&path).is_ok());
        drop(inherited);
    }
}
