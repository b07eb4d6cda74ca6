// PortAudio is asked by one thread, whoever wants to know. Its functions are called by way of these
// here, which note who does.
#include <dlfcn.h>
#include <portaudio.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "sipvoice/device/live_desk.hpp"
#include "support/catch.hpp"

namespace {

std::mutex mutex;
std::set<std::thread::id> threads;
std::set<std::string> asked;

template <class Function>
Function* real(const char* name) {
  {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    asked.insert(name);
  }
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
PaError Pa_Initialize() {
#if defined(__SANITIZE_ADDRESS__)
  // What plugins of the sound system keep when they are unloaded is theirs; this thread does
  // nothing else.
  __lsan_disable();
#endif
  return real<PaError()>("Pa_Initialize")();
}
PaError Pa_Terminate() { return real<PaError()>("Pa_Terminate")(); }
PaDeviceIndex Pa_GetDeviceCount() { return real<PaDeviceIndex()>("Pa_GetDeviceCount")(); }
const PaDeviceInfo* Pa_GetDeviceInfo(PaDeviceIndex device) {
  return real<const PaDeviceInfo*(PaDeviceIndex)>("Pa_GetDeviceInfo")(device);
}
PaError Pa_IsFormatSupported(const PaStreamParameters* in, const PaStreamParameters* out,
                             double rate) {
  return real<PaError(const PaStreamParameters*, const PaStreamParameters*, double)>(
      "Pa_IsFormatSupported")(in, out, rate);
}
}

TEST_CASE("PortAudio is asked by one thread alone, from its start to its end") {
  {
    sipvoice::device::live_desk desk([](const std::function<void()>&) {});
    const std::string wrong = desk.prepare("default");
    bool busy = false;
    std::string error;
    const auto line = desk.take("default", {}, busy, error);
    CHECK(wrong.empty() == (line != nullptr));
    CHECK_FALSE(busy);
    CHECK_FALSE(desk.prepare("no such device").empty());
  }
  CHECK(asked.contains("Pa_Initialize"));
  CHECK(asked.contains("Pa_GetDeviceCount"));
  CHECK(asked.contains("Pa_Terminate"));
  CHECK(threads.size() == 1);
  CHECK_FALSE(threads.contains(std::this_thread::get_id()));
}
