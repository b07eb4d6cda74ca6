# cmake -DSIPVOICE=PROGRAM -DTO=FOLDER -P describe.cmake: manual pages, completion scripts and the
# schema of scenarios, as the program describes itself. The pages are those that sipvoice(1) refers to.
function(say file)
  execute_process(COMMAND ${SIPVOICE} ${ARGN} OUTPUT_FILE ${TO}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${TO})
file(MAKE_DIRECTORY ${TO}/man1 ${TO}/bash ${TO}/zsh ${TO}/fish)
say(man1/sipvoice.1 manual)
file(STRINGS ${TO}/man1/sipvoice.1 references REGEX "^\\.BR sipvoice")
foreach(line ${references})
  string(REGEX REPLACE "^\\.BR sipvoice\\\\-([a-z]+) .*" "\\1" command "${line}")
  say(man1/sipvoice-${command}.1 manual ${command})
endforeach()
say(scenario.schema.json schema)
say(bash/sipvoice completion bash)
say(zsh/_sipvoice completion zsh)
say(fish/sipvoice.fish completion fish)
