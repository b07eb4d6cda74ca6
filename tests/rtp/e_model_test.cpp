// The E-model against figures that follow from its recommendations by hand.
#include "sipvoice/rtp/e_model.hpp"

#include "support/catch.hpp"

using namespace sipvoice;
using namespace std::chrono_literals;
using rtp::speech_band;

TEST_CASE("ratings become scores as in G.107 annex B") {
  struct row {
    double rating, score;
  };
  for (const row& r : {row{93.2, 4.41}, row{90, 4.34}, row{80, 4.03}, row{70, 3.60}, row{60, 3.10},
                       row{50, 2.58}, row{0, 1}, row{-5, 1}, row{100, 4.5}, row{120, 4.5}})
    CHECK(rtp::mean_opinion_score(r.rating) == Approx(r.score).margin(0.006));
  CHECK(rtp::mean_opinion_score(129, speech_band::wide) == 4.5);
  CHECK(rtp::mean_opinion_score(116, speech_band::wide) ==
        Approx(rtp::mean_opinion_score(116 / 1.29)));
  CHECK(rtp::mean_opinion_score(148, speech_band::full) == 4.5);
}

TEST_CASE("loss and delay take their share of the rating") {
  struct row {
    const char* what;
    rtp::codec_impairment codec;
    double loss;
    duration one_way;
    double rating;
  };
  const rtp::codec_impairment g711{0, 25.1, speech_band::narrow}, bare{0, 4.3, speech_band::narrow};
  const rtp::codec_impairment g722{13, 4.3, speech_band::wide};
  const rtp::codec_impairment opus{10.2, 4.3, speech_band::full};
  for (const row& r :
       {row{"the best", g711, 0, 0ms, 93.2}, row{"100 ms are free", g711, 0, 100ms, 93.2},
        row{"200 ms", g711, 0, 200ms, 93.2 - 3.04}, row{"400 ms", g711, 0, 400ms, 93.2 - 24.07},
        row{"1 % with concealment", g711, 0.01, 0ms, 93.2 - 95 / 26.1},
        row{"1 % without", bare, 0.01, 0ms, 93.2 - 95 / 5.3},
        row{"everything", bare, 1, 0ms, 93.2 - 95 * 100 / 104.3},
        row{"wide band", g722, 0, 0ms, 116}, row{"wide band, 1 %", g722, 0.01, 0ms, 116 - 82 / 5.3},
        row{"full band", opus, 0, 0ms, 137.8},
        row{"full band, 1 %", opus, 0.01, 0ms, 137.8 - 121.8 / 5.3},
        row{"full band, 200 ms", opus, 0, 200ms, 137.8 - 1.48 * 3.04}}) {
    CAPTURE(r.what);
    CHECK(rtp::transmission_rating(r.codec, r.loss, 1, r.one_way) == Approx(r.rating).margin(0.02));
  }
}
