//! TLS for fakes: an authority made at run time, and leaves for loopback names that it signs.
//!
//! Invariant: no key is written anywhere; an authority lives as long as its process.

use std::pin::Pin;
use std::sync::Arc;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{AlpnError, Ssl, SslAcceptor, SslContext, SslMethod, select_next_proto};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};
use tokio_openssl::SslStream;

use crate::wire::Wire;

/// Offered by ALPN, best first, in wire format.
const PROTOCOLS: &[u8] = b"\x02h2\x08http/1.1";
/// How long a certificate holds, in days.
const LIFETIME: u32 = 30;

/// OpenSSL could not make a certificate or a context.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a certificate for a fake: {0}")]
pub struct TlsError(#[from] ErrorStack);

/// A certificate authority for tests.
#[derive(Clone)]
pub struct TestCa {
    certificate: X509,
    key: PKey<Private>,
    pem: String,
}

impl std::fmt::Debug for TestCa {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TestCa").finish_non_exhaustive()
    }
}

impl TestCa {
    /// A new authority with a new key (P-256).
    pub fn generate() -> Result<TestCa, TlsError> {
        let key = new_key()?;
        let name = name("Potluck fakes, test authority")?;
        let mut draft = draft(&name, &name, &key)?;
        draft.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        draft.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        let identifier = SubjectKeyIdentifier::new().build(&draft.x509v3_context(None, None))?;
        draft.append_extension(identifier)?;
        draft.sign(&key, MessageDigest::sha256())?;
        let certificate = draft.build();
        let pem = String::from_utf8_lossy(&certificate.to_pem()?).into_owned();
        Ok(TestCa {
            certificate,
            key,
            pem,
        })
    }

    /// The authority's certificate, for a client to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A server's side with a new leaf for `localhost`, 127.0.0.1 and ::1.
    pub(super) fn acceptor(&self) -> Result<Acceptor, TlsError> {
        let key = new_key()?;
        let leaf = self.leaf(&key)?;
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        builder.set_private_key(&key)?;
        builder.set_certificate(&leaf)?;
        builder.set_alpn_select_callback(|_, offered| {
            select_next_proto(PROTOCOLS, offered).ok_or(AlpnError::NOACK)
        });
        Ok(Acceptor(Arc::new(builder.build().into_context())))
    }

    fn leaf(&self, key: &PKey<Private>) -> Result<X509, ErrorStack> {
        let subject = name("localhost")?;
        let mut draft = draft(&subject, self.certificate.subject_name(), key)?;
        draft.append_extension(BasicConstraints::new().build()?)?;
        draft.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        draft.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
        let context = draft.x509v3_context(Some(&self.certificate), None);
        let names = SubjectAlternativeName::new()
            .dns("localhost")
            .ip("127.0.0.1")
            .ip("::1")
            .build(&context)?;
        let issuer = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
        draft.append_extension(names)?;
        draft.append_extension(issuer)?;
        draft.sign(&self.key, MessageDigest::sha256())?;
        Ok(draft.build())
    }
}

fn new_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn name(common: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::COMMONNAME, common)?;
    Ok(name.build())
}

/// A version 3 certificate with all but its extensions and its signature.
fn draft(
    subject: &X509NameRef,
    issuer: &X509NameRef,
    key: &PKey<Private>,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let mut draft = X509Builder::new()?;
    draft.set_version(2)?;
    draft.set_serial_number(Asn1Integer::from_bn(&serial)?.as_ref())?;
    draft.set_subject_name(subject)?;
    draft.set_issuer_name(issuer)?;
    draft.set_pubkey(key)?;
    draft.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
    draft.set_not_after(Asn1Time::days_from_now(LIFETIME)?.as_ref())?;
    Ok(draft)
}

/// A server's TLS settings. Cheap to clone.
#[derive(Clone)]
pub(super) struct Acceptor(Arc<SslContext>);

impl Acceptor {
    /// Does the handshake.
    pub(super) async fn accept(&self, wire: Wire) -> Result<SslStream<Wire>, openssl::ssl::Error> {
        let mut stream = SslStream::new(Ssl::new(&self.0)?, wire)?;
        Pin::new(&mut stream).accept().await?;
        Ok(stream)
    }
}
