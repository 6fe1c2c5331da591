//! Rebuilds when a migration is added: the embedded list is not noticed by the compiler alone.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
