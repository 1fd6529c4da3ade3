//! The book in `docs/`: its summary names each page, its links lead somewhere, and its code is tested.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cachery::Caches;

/// Pages whose code another test compiles.
const TESTED_ELSEWHERE: [&str; 1] = ["mistakes.md"];

/// Pages whose blocks of commands are run by other tests than tests/system/commands.sh: the
/// variables of the one by the test below, and those of the other by the test `mistakes`.
const RUN_ELSEWHERE: [&str; 2] = ["configuration.md", "mistakes.md"];

/// Returns the pages of `directory`.
fn pages_in(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Returns the pages that people read: those of the root, of the book, and of the crates.
fn all_pages() -> Vec<PathBuf> {
    let mut found = pages_in(".");
    for entry in fs::read_dir(".").expect("the root").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.starts_with("cache-") || ["benches", "docs"].contains(&&*name);
        if is_ours {
            found.extend(pages_in(&name));
        }
    }
    found
}

fn name(page: &Path) -> String {
    page.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns the text of a page without its blocks of code.
fn prose(page: &str) -> String {
    let mut within = false;
    let lines = page.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        within ^= fence;
        !within && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the targets of all links in a page.
fn links(page: &str) -> Vec<String> {
    let after = prose(page);
    let targets = after.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(str::to_owned).collect()
}

/// Returns the anchors of a page's headings, as mdBook and GitHub make them.
fn anchors(page: &str) -> BTreeSet<String> {
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Returns what is wrong with a link of `page`, which begins in `directory`.
fn fault(directory: &Path, own: &str, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (file, section) = link.split_once('#').unwrap_or((link, ""));
    let target = directory.join(file);
    if !file.is_empty() && !target.exists() {
        return Some("leads nowhere".to_owned());
    }
    if section.is_empty() {
        return None;
    }
    let text = if file.is_empty() { own.to_owned() } else { fs::read_to_string(target).ok()? };
    (!anchors(&text).contains(section)).then(|| "names no section".to_owned())
}

#[test]
fn each_link_leads_to_a_file_and_to_a_section() {
    let mut faults = Vec::new();
    let pages = all_pages();
    assert!(pages.len() > 30, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        let directory = page.parent().unwrap_or(Path::new("."));
        for link in links(&text) {
            if let Some(fault) = fault(directory, &text, &link) {
                faults.push(format!("{}: {link} {fault}", page.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_summary_names_each_page_of_the_book() {
    let summary = fs::read_to_string("docs/SUMMARY.md").expect("the summary");
    let named: BTreeSet<_> = links(&summary).into_iter().collect();
    let mut there: BTreeSet<_> = pages_in("docs").iter().map(|path| name(path)).collect();
    there.remove("SUMMARY.md");
    assert_eq!(named, there);
}

#[test]
fn the_code_of_each_page_is_compiled() {
    let facade = fs::read_to_string("src/lib.rs").expect("the facade");
    for page in pages_in("docs") {
        let text = fs::read_to_string(&page).expect("a page");
        let name = name(&page);
        let is_tested = facade.contains(&format!("../docs/{name}\""));
        let has_code = text.contains("```rust");
        let elsewhere = TESTED_ELSEWHERE.contains(&&*name);
        assert!(is_tested || elsewhere || !has_code, "{name} is not in src/lib.rs");
        assert!(!text.contains("```rust,ignore"), "{name} has code that nobody compiles");
    }
}

#[test]
fn the_commands_of_each_page_are_run() {
    let script = fs::read_to_string("tests/system/commands.sh").expect("the script");
    let run = script.lines().find_map(|line| line.strip_prefix("for page in "));
    let run = run.and_then(|pages| pages.strip_suffix("; do")).expect("a loop over pages");
    for page in pages_in("docs") {
        let text = fs::read_to_string(&page).expect("a page");
        let name = name(&page);
        let is_run = run.split(' ').any(|page| name.strip_suffix(".md") == Some(page));
        let elsewhere = RUN_ELSEWHERE.contains(&&*name);
        assert!(is_run || elsewhere || !text.contains("```sh"), "{name} is not in commands.sh");
    }
}

#[test]
fn the_variables_on_the_page_of_settings_are_taken() {
    let page = fs::read_to_string("docs/configuration.md").expect("the page");
    let block = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = block.expect("a block of variables").lines();
    let variables: Vec<_> =
        lines.filter_map(|line| line.split('#').next()?.trim().split_once('=')).collect();
    assert_eq!(variables.len(), 3, "{variables:?}");
    Caches::builder().variables(variables).check().expect("right settings");
}
