#include "sipvoice/sip/sipfrag.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using sip::sipfrag_status;

TEST_CASE("the status line of a sipfrag") {
  struct row {
    const char* body;
    int status;
    const char* reason;
  };
  for (const row& r :
       {row{"SIP/2.0 100 Trying\r\n", 100, "Trying"}, row{"SIP/2.0 200 OK", 200, "OK"},
        row{"SIP/2.0 603 Declined\nContact: <sip:a@h>\n", 603, "Declined"},
        row{"\r\n\nsip/2.0  486\tBusy Here\r\nVia: x\r\n\r\nbody", 486, "Busy Here"},
        row{"SIP/2.0 699\r\n", 699, ""}}) {
    INFO(r.body);
    const auto found = sipfrag_status::parse(r.body);
    REQUIRE(found.has_value());
    CHECK(found->status == r.status);
    CHECK(found->reason == r.reason);
  }
}

TEST_CASE("what is no status line is refused") {
  for (const char* bad :
       {"", "\r\n\r\n", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 99 Low", "SIP/2.0 700 High",
        "SIP/2.0 0200 OK", "SIP/2.0 2000 OK", "SIP/2.0 200OK", "SIP/2.0200 OK", "SIP/3.0 200 OK",
        "HTTP/1.1 200 OK", "INVITE sip:a@h SIP/2.0", "Contact: <sip:a@h>", "SIP/2.0 +20 OK"}) {
    INFO(bad);
    CHECK_FALSE(sipfrag_status::parse(bad).has_value());
  }
  const std::string line = "SIP/2.0 200 ";
  const std::string longest = line + std::string(sipfrag_status::max_line - line.size(), 'x');
  CHECK(sipfrag_status::parse(longest).has_value());
  CHECK(sipfrag_status::parse(longest + "\r\n").has_value());  // what ends the line is not of it
  CHECK_FALSE(sipfrag_status::parse(longest + "x").has_value());
}

TEST_CASE("a printed sipfrag is read again") {
  const std::string body = sip::print_sipfrag(503, "Service Unavailable");
  CHECK(body == "SIP/2.0 503 Service Unavailable\r\n");
  CHECK(sipfrag_status::parse(body)->status == 503);
}
