//! Files that a setting names: small ones, that can be read again.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
};

/// The most bytes of a file: thousands of caches have room, and any chain of certificates.
const MOST: u64 = 1 << 20;

/// The text of the file at `path`.
///
/// # Errors
/// When it cannot be read, is no file, or is none that a setting would name. Nothing of its text is in the error.
pub fn read(path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    open(path).map_err(explained)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        return Err(io::Error::other("it is larger than 1 MiB, which none of its kind needs to be"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        io::Error::other(format!("line {line} is not valid UTF-8"))
    })
}

/// Looks before it opens: a pipe that nobody writes to would keep it waiting for ever.
fn open(path: &str) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("it is a directory: name a file in it"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is a pipe or a device: name a file, which can be read again"));
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
