#include "commands.hpp"

int main(int argc, char** argv) {
  using namespace sipvoice::app;
  return run_command_line(
      argc, argv,
      {listen_command(), answer_command(), record_command(), call_command(), rtp_command(),
       register_command(), options_command(), run_command(), check_command(), devices_command(),
       codecs_command(), schema_command(), completion_command(), manual_command()});
}
