//! What can be seen without a compiler.
