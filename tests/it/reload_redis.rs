//! Settings that change while the program runs and Redis holds its entries.

mod calls;
mod node;
mod settings;
