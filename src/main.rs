//! The `potluck` program. All of it is in the library; see [`potluck::cli`].

fn main() -> std::process::ExitCode {
    potluck::cli::run(std::env::args_os())
}
