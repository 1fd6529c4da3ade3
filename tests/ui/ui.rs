//! What the attributes refuse, word for word; what they accept is in `accepted`.

/// No case that is to pass stands here: with one, each case is built by a compiler's run of its own, and dependencies as programs.
#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
