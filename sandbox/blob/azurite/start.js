// Azurite's blob service, which ends when the process that started it does: its end of the pipe on stdin closes then.
process.stdin.on("end", () => process.exit()).resume();
require("azurite/dist/src/blob/main.js");
