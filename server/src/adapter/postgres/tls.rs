//! Encryption of connections, with libpq's rules for what of a certificate is verified.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::settings::{Settings, SslMode};

/// How connections are encrypted; `None` where they never are.
pub(super) fn connector(settings: &Settings) -> Result<Option<MakeRustlsConnect>, String> {
    if settings.ssl_mode == SslMode::Disable || settings.is_socket() {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier(settings, provider)?));
    let config = match (&settings.ssl_certificate, &settings.ssl_key) {
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unreadable("sslkey", key, &error))?;
            builder
                .with_client_auth_cert(certificates("sslcert", certificate)?, key)
                .map_err(|error| format!("sslcert and sslkey do not fit: {error}"))?
        }
        (None, None) => builder.with_no_client_auth(),
        _ => return Err("'sslcert' and 'sslkey' belong together".to_owned()),
    };
    Ok(Some(MakeRustlsConnect::new(config)))
}

fn verifier(settings: &Settings, provider: Arc<CryptoProvider>) -> Result<Verifier, String> {
    let root = match (settings.ssl_mode, &settings.ssl_root_certificate) {
        (SslMode::VerifyCa | SslMode::VerifyFull, None) => {
            return Err(
                "sslmode verify-ca and verify-full need 'sslrootcert', the file with the \
                        authority's certificate"
                    .to_owned(),
            );
        }
        // As with libpq, a root certificate makes `require` verify the authority.
        (SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull, Some(file)) => file,
        _ => {
            return Ok(Verifier {
                provider,
                authority: None,
                host: false,
            });
        }
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates("sslrootcert", root)? {
        roots
            .add(certificate)
            .map_err(|error| format!("sslrootcert '{}': {error}", root.display()))?;
    }
    let authority =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| format!("sslrootcert '{}': {error}", root.display()))?;
    Ok(Verifier {
        provider,
        authority: Some(authority),
        host: settings.ssl_mode == SslMode::VerifyFull,
    })
}

fn certificates(key: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(key, file, &error))
}

fn unreadable(key: &str, file: &Path, error: &dyn std::fmt::Display) -> String {
    format!("cannot read {key} '{}': {error}", file.display())
}

/// Verifies as much as the mode asks for.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Verifies the chain up to a known authority.
    authority: Option<Arc<WebPkiServerVerifier>>,
    /// Whether the certificate must be for this host.
    host: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified = authority.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // The name is looked at last, so that all else is in order here.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.host => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
