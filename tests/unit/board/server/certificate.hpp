// A certificate of one day for localhost, signed by itself, and its key, as PEM files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>
#include <string>

#include "engine/base/assert.hpp"

namespace dnstorm::board {

inline void write_certificate(const std::string& certificate_path, const std::string& key_path) {
  constexpr long day_s = 86'400;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509* it = certificate.get();
  ASN1_INTEGER_set(X509_get_serialNumber(it), 1);
  X509_gmtime_adj(X509_getm_notBefore(it), -day_s);
  X509_gmtime_adj(X509_getm_notAfter(it), day_s);
  X509_set_pubkey(it, key.get());
  X509_NAME* name = X509_get_subject_name(it);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(it, name);
  DNSTORM_ASSERT(X509_sign(it, key.get(), EVP_sha256()) != 0, "a certificate can be signed");
  auto write = [](const std::string& path, auto put) {
    std::unique_ptr<FILE, decltype(&std::fclose)> file(std::fopen(path.c_str(), "w"), &std::fclose);
    DNSTORM_ASSERT(file && put(file.get()), "a PEM file can be written", path);
  };
  write(certificate_path, [&](FILE* file) { return PEM_write_X509(file, it) != 0; });
  write(key_path, [&](FILE* file) {
    return PEM_write_PKCS8PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 0;
  });
}

}  // namespace dnstorm::board
