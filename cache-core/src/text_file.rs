//! Files that a setting names: small ones, that can be read again.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
};

/// The most bytes of a file: enough for thousands of caches, and for any chain of certificates.
const MOST: u64 = 1 << 20;

/// Reads the text of the file at `path`.
///
/// # Errors
/// Fails when the file cannot be read, or when a setting cannot name it: a directory, a pipe, or a
/// file of more than 1 MiB. The error holds nothing of its text.
pub fn read(path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    open(path).map_err(explained)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("it is larger than 1 MiB: name a smaller one"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        io::Error::other(format!("line {line} is not valid UTF-8"))
    })
}

/// Opens a file, after a look at its kind: a pipe that nobody writes to would be waited for, for
/// ever.
fn open(path: &str) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("it is a directory: name a file in it"));
    }
    if !kind.is_file() {
        return Err(io::Error::other(
            "it is a pipe or a device: name a file, which can be read again",
        ));
    }
    File::open(path)
}

fn explained(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            io::Error::new(error.kind(), format!("{error}: let the user of this program read it"))
        }
        _ => error,
    }
}
