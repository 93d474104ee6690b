dnstorm_unit_test(capture/packet USES capture_packet)
dnstorm_unit_test(capture/dns USES capture_dns)
dnstorm_unit_test(capture/pcap USES capture_pcap capture_dns)
dnstorm_unit_test(capture/synth USES capture_synth capture_pcap capture_packet capture_dns)
