#include "sipvoice/api/mask.hpp"
#include "support/catch.hpp"

using sipvoice::api::mask_credentials;

TEST_CASE("the value of response is masked, whatever its header looks like") {
  const std::string head = "REGISTER sip:a SIP/2.0\r\n", tail = "Content-Length: 0\r\n\r\n";
  const auto masked = [&](const std::string& field) {
    const std::string out = mask_credentials(head + field + tail);
    REQUIRE(out.starts_with(head));
    REQUIRE(out.ends_with(tail));
    return out.substr(head.size(), out.size() - head.size() - tail.size());
  };
  CHECK(masked("Authorization: Digest username=\"a\", response=\"0123\", nc=1\r\n") ==
        "Authorization: Digest username=\"a\", response=***, nc=1\r\n");
  CHECK(masked("PROXY-authorization : Digest RESPONSE = \"0123\"\r\n") ==
        "PROXY-authorization : Digest RESPONSE = ***\r\n");
  CHECK(masked("Authorization: Digest a=b,\r\n response=\r\n\t\"0123\"\r\n") ==
        "Authorization: Digest a=b,\r\n response=\r\n\t***\r\n");
  CHECK(masked("Authorization: Digest response=0123, x=1\r\n") ==
        "Authorization: Digest response=***, x=1\r\n");
  // Wrongly quoted: rather too much is hidden than too little.
  CHECK(masked("Authorization: Digest username=\"a, response=\"0123\"\r\n").find("0123") ==
        std::string::npos);
  CHECK(masked("Authorization: Digest response=\"01\\\"23\r\n").find("23") == std::string::npos);
  // Others are left alone.
  CHECK(masked("X-Note: response=\"0123\"\r\n") == "X-Note: response=\"0123\"\r\n");
  CHECK(masked("Authorization: Digest myresponse=\"0123\"\r\n") ==
        "Authorization: Digest myresponse=\"0123\"\r\n");
  CHECK(mask_credentials("") == "");
  CHECK(mask_credentials("Authorization: Digest response") == "Authorization: Digest response");
}
