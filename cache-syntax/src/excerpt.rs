//! How an error shows what somebody wrote.

/// The most characters of a foreign text that an error repeats.
const MOST: usize = 40;

/// Enough of `text` to recognise it by: a hostile or mistaken value of a megabyte must not flood a log.
///
/// ```
/// assert_eq!(cache_syntax::excerpt("10 minutes"), "10 minutes");
/// assert!(cache_syntax::excerpt(&"x".repeat(1_000_000)).chars().count() <= 41);
/// ```
pub fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The most characters of a foreign name that an error repeats: more than any right one has.
const LONGEST_NAME: usize = 120;

/// `name` on one line: whatever somebody wrote, it must not look like a line of its own.
///
/// ```
/// assert_eq!(cache_syntax::shown_name("CACHE_A\nB"), r"CACHE_A\nB");
/// ```
pub fn shown_name(name: &str) -> String {
    let mut shown: String = name.chars().take(LONGEST_NAME).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown.escape_debug().to_string()
}
