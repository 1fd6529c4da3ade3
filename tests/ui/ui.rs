//! The refused cases of the attributes, with every message word for word. Those that are accepted
//! are in `accepted`.

/// Compares the messages of all cases in `fail`.
///
/// A case that passes would have its own run of the compiler, and the dependencies built as
/// programs: such cases are in `accepted`.
#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
