//! Random bytes of the operating system. The only source of chance in this package.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the store's own chance: keys, nonces and epochs"
)]

/// `N` bytes fit for keys and nonces.
///
/// # Errors
/// When the operating system gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
