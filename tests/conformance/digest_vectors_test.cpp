// Every row of crypto/digest-auth.json that was verified by recomputation; a row whose published
// value is known to be wrong gives the recomputed one.
#include <nlohmann/json.hpp>

#include "sipvoice/sip/digest.hpp"
#include "support/catch.hpp"
#include "support/data.hpp"

using namespace sipvoice::sip;

TEST_CASE("digest vectors of RFC 2617, RFC 7616 and the SIP examples") {
  if (!test::have_data("crypto/digest-auth.json")) return;
  const auto rows =
      nlohmann::json::parse(test::read_file(test::data_folder() / "crypto/digest-auth.json"));
  REQUIRE(rows.size() >= 19);
  for (const auto& row : rows) {
    INFO(row.dump());
    const auto text = [&row](const char* name) { return row.value(name, std::string{}); };
    const auto algorithm =
        digest_algorithm_of(text("alg") + (row.value("sess", false) ? "-sess" : ""));
    REQUIRE(algorithm.has_value());
    const std::string user = text("user"), realm = text("realm"), password = text("pw"),
                      method = text("method"), uri = text("uri"), nonce = text("nonce"),
                      cnonce = text("cn"), qop = text("qop"), body = text("body");
    const auto count =
        row.contains("nc") ? static_cast<std::uint32_t>(std::stoul(text("nc"), nullptr, 16)) : 0U;
    const std::string expected =
        row.value("verified_by_recomputation", false) ? text("expected") : text("recomputed");
    CHECK(digest_response({.algorithm = *algorithm,
                           .username = user,
                           .realm = realm,
                           .password = password,
                           .method = method,
                           .uri = uri,
                           .nonce = nonce,
                           .cnonce = cnonce,
                           .qop = qop,
                           .nonce_count = count,
                           .body = body}) == expected);
  }
}
