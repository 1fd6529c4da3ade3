//! Foreign text as errors show it.

/// The most characters of a foreign text that an error repeats.
const MOST: usize = 40;

/// Returns the first `most` characters of `text`, of a URL only its scheme: a password may follow
/// it.
fn beginning(text: &str, most: usize) -> String {
    const SCHEME: &str = "://";
    let end = text.find(SCHEME).map_or(text.len(), |start| start + SCHEME.len());
    let mut shown: String = text[..end].chars().take(most).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Returns enough of `text` to recognise it by. A value of a megabyte must not flood a log.
///
/// ```
/// assert_eq!(cachery_syntax::excerpt("10 minutes"), "10 minutes");
/// assert!(cachery_syntax::excerpt(&"x".repeat(1_000_000)).chars().count() <= 41);
/// assert_eq!(cachery_syntax::excerpt("redis://user:password@host"), "redis://…");
/// ```
pub fn excerpt(text: &str) -> String {
    beginning(text, MOST)
}

/// The most characters of a foreign name that an error repeats: more than any right one has.
const LONGEST_NAME: usize = 120;

/// Returns `name` on one line, so that a line break in it cannot forge a second line of a log.
///
/// ```
/// assert_eq!(cachery_syntax::shown_name("CACHE_A\nB"), r"CACHE_A\nB");
/// ```
pub fn shown_name(name: &str) -> String {
    beginning(name, LONGEST_NAME).escape_debug().to_string()
}
