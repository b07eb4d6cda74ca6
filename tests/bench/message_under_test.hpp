// The INVITE and the SDP of the parser rows: 908 bytes in all, what a softphone behind a proxy
// sends.
#pragma once

#include <string>

namespace bench {

inline const std::string& sdp_text() {
  static const std::string text =
      "v=0\r\n"
      "o=- 3902341234 3902341234 IN IP4 192.0.2.17\r\n"
      "s=call\r\n"
      "c=IN IP4 192.0.2.17\r\n"
      "t=0 0\r\n"
      "m=audio 40376 RTP/AVP 0 8 101\r\n"
      "a=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:8 PCMA/8000\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n"
      "a=fmtp:101 0-15\r\n"
      "a=ptime:20\r\n"
      "a=sendrecv\r\n";
  return text;
}

inline const std::string& invite_text() {
  static const std::string text =
      "INVITE sip:sales@198.51.100.7:5060 SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK4f1b2c3d9a8e7f60;rport\r\n"
      "Via: SIP/2.0/UDP 192.0.2.17:5062;branch=z9hG4bKPj7c1d2e3f;received=192.0.2.17\r\n"
      "Record-Route: <sip:192.0.2.1;lr>\r\n"
      "Max-Forwards: 69\r\n"
      "From: \"Alice Example\" <sip:alice@example.com>;tag=9fxced76sl\r\n"
      "To: <sip:sales@example.com>\r\n"
      "Call-ID: 3848276298220188511@192.0.2.17\r\n"
      "CSeq: 4711 INVITE\r\n"
      "Contact: <sip:alice@192.0.2.17:5062;transport=udp>\r\n"
      "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n"
      "X-Room-ID: sales\r\n"
      "X-Session-ID: 7c1d2e3f-9a8e-4f60-8b1c-0f5a6e7d8c9b\r\n"
      "Supported: replaces, timer\r\n"
      "X-Tenant-ID: acme01\r\n"
      "Content-Type: application/sdp\r\n"
      "Content-Length: " +
      std::to_string(sdp_text().size()) + "\r\n\r\n" + sdp_text();
  return text;
}

}  // namespace bench
