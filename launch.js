// How Azure's agent starts the task: it has a handler for Node and none for Python. Nothing but Node itself is needed.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const ADVICE = 'Add the step UsePythonVersion@0 before this one.';
const CANDIDATES = [['python3'], ['python'], ['py', '-3']];
// Prints the version and, on the first line, a mark that the stub of Windows' app store does not print.
const QUESTION = 'import sys; print("python", *sys.version_info[:2])';

const escape = (text) => text.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const say = (line) => process.stdout.write(`${line}\n`);

let completed = false;

function complete(failed) {
  if (failed && !completed) say('##vso[task.complete result=Failed;]');
  completed = true;
  process.exitCode = 0; // another one would make the agent add an error of its own
}

function fail(text, code = 'PW103') {
  if (!completed) say(`##vso[task.logissue type=error;code=${code};]${escape(`${code}: ${text}`)}`);
  complete(true);
}

// The program tells its own failures, and ends with one of these. Whatever else ends it could tell nobody.
function ended(status, signal) {
  if (status === 0 || (status >= 2 && status <= 6)) complete(status !== 0);
  else fail(`the program ended unexpectedly (${signal || `exit status ${status}`}). See the log; run it again.`, 'PW999');
}

// What this task needs of the job's environment: not the secrets of other variables, connections and files.
function ownEnvironment() {
  const connection = process.env.INPUT_AZURESUBSCRIPTION || '';
  const kept = (name) => {
    if (/^(SECRET|SECUREFILE)_|^VSTS_SECRET_VARIABLES$/i.test(name)) return false;
    if (!/^ENDPOINT_/i.test(name)) return true;
    return /_SYSTEMVSSCONNECTION$/i.test(name) || (connection !== '' && name.includes(`_${connection}`));
  };
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => kept(name)));
}

function question(command, env) {
  const [program, ...flags] = command;
  const answer = spawnSync(program, [...flags, '-c', QUESTION], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60000 });
  const match = /^python (\d+) (\d+)/.exec(answer.stdout || '');
  if (match) return { command, version: [Number(match[1]), Number(match[2])] };
  return { command, stub: !answer.error };
}

function findPython(env) {
  const asked = CANDIDATES.map((command) => question(command, env));
  const found = asked.filter((one) => one.version);
  const fits = found.find(({ version: [major, minor] }) => major === 3 && minor >= 10);
  if (fits) return fits.command;
  if (found.length) {
    fail(`Python ${found[0].version.join('.')} is too old: PrivateWheel needs Python 3.10 or newer. ${ADVICE}`);
  } else if (process.platform === 'win32' && asked.some((one) => one.stub)) {
    fail(`the only Python here is the stub of Windows' app store, which runs nothing. ${ADVICE}`);
  } else {
    fail(`no Python was found. PrivateWheel needs Python 3.10 or newer. ${ADVICE}`);
  }
  return null;
}

function main() {
  const env = ownEnvironment();
  // Foreign code could read them from a child's environment: these children need none.
  const bare = Object.fromEntries(Object.entries(env).filter(([name]) => !/^(INPUT|ENDPOINT)_|TOKEN/i.test(name)));
  const command = findPython(bare);
  if (!command) return;
  const [program, ...flags] = command;
  const entrypoint = join(__dirname, 'entrypoint.py');
  if (!existsSync(entrypoint)) return fail(`${entrypoint} is missing: install the extension again.`, 'PW999');
  const child = spawn(program, [...flags, '-u', entrypoint], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${program} does not start: ${error.message}. ${ADVICE}`));
  child.on('close', ended);
}

main();
