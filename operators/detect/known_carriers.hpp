// Domains below which names carry information as a rule, and harmlessly: lists of addresses and
// hashes (DNSBL), virus scanners that ask for files by hash, measurements with a name for each
// probe, content networks with a name for each session. From public documentation of these
// services.
#pragma once

#include <string_view>

namespace dnstorm::operators {

// Parted by blanks.
inline constexpr std::string_view known_carriers =
    // Lists of addresses and domains.
    "abuseat.org barracudacentral.org dnsbl.info dnswl.org habeas.com hostkarma.com "
    "junkemailfilter.com mailspike.net njabl.org nszones.com ordb.org rfc-ignorant.org "
    "rfc-clueless.org s5h.net senderbase.org senderscore.com sorbs.net spamcop.net "
    "spameatingmonkey.net spamhaus.net spamhaus.org spamrats.com support-intelligence.net "
    "surbl.org uceprotect.net uribl.com wpbl.info "
    // Files, certificates and addresses by hash.
    "aviravirus.net avast.com avcdn.net cymru.com e5.sk eset.com f-secure.com "
    "kaspersky-labs.com mcafee.com sophosxl.com sophosxl.net trendmicro.com webroot.com "
    // Measurements.
    "apnic.net dotnxdomain.net dns-oarc.net dnsleaktest.com footprintdns.com googlezip.net "
    "ipleak.net nlnetlabs.nl online-metrix.net rapid7.com verteiltesysteme.net "
    // Content networks.
    "2mdn.net akadns.net akamai.net akamaiedge.net akamaihd.net amazonaws.com azureedge.net "
    "cloudapp.net cloudfront.net edgekey.net edgesuite.net fastly.net fbcdn.net "
    "googleusercontent.com googlevideo.com gvt1.com gvt2.com llnwd.net trafficmanager.net "
    "windowsupdate.com";

}  // namespace dnstorm::operators
