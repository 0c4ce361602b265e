// TLS files: checked before they are used, or made for a test on the local network.
#pragma once

#include <string>
#include <vector>

namespace conference {

/// Throws StartError when the pair cannot be read or does not fit together.
void check_certificate(const std::string& certificate_path, const std::string& key_path);

/// OpenSSL options for a server: TLS 1.2 at least.
long tls_options();

/// Writes cert.pem and key.pem (EC P-256, self-signed, for localhost and this machine's addresses) into a
/// folder. Throws StartError. @return the two paths.
std::pair<std::string, std::string> make_certificate(const std::string& folder);

/// This machine's addresses that others may reach, in numbers.
std::vector<std::string> host_addresses();

}  // namespace conference
