// How Azure's agent starts the task: it has a handler for Node and none for Python. Nothing but Node itself is needed.
'use strict';

const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const ADVICE = 'Add the step UsePythonVersion@0 before this one.';
const CANDIDATES = [['python3'], ['python'], ['py', '-3']];
// Prints the version and, on the first line, a mark that the stub of Windows' app store does not print.
const QUESTION = 'import sys; print("python", *sys.version_info[:2])';

const escape = (text) => text.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const say = (line) => process.stdout.write(`${line}\n`);

// The program ends itself within eight seconds, the agent kills this process after ten.
const PATIENCE = 9000;

let completed = false;
let cancelled = false;
let running = null; // the child of this moment

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
  else if (cancelled) fail('The run was cancelled. Run it again: what was done is kept.', 'PW613');
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

// Asynchronous: while Node waits for a child by spawnSync, it hears no signal.
function question(command, env) {
  const [program, ...flags] = command;
  const child = spawn(program, [...flags, '-c', QUESTION], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  running = child;
  const late = setTimeout(() => child.kill('SIGKILL'), 60000);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { text += part; });
  return new Promise((resolve) => {
    const answer = (missing) => {
      clearTimeout(late);
      child.stdout.destroy();
      const match = /^python (\d+) (\d+)/.exec(text);
      resolve(match ? { command, version: [Number(match[1]), Number(match[2])] } : { command, stub: !missing });
    };
    child.on('error', () => answer(true));
    child.on('close', () => answer(false));
    // A child of a killed one may hold the output open.
    child.on('exit', (status, signal) => { if (signal) answer(false); });
  });
}

const isRight = ({ version }) => version && version[0] === 3 && version[1] >= 10;

async function findPython(env) {
  const asked = [];
  for (const command of CANDIDATES) {
    if (cancelled) return null;
    asked.push(await question(command, env));
    if (isRight(asked.at(-1))) return command;
  }
  const found = asked.filter((one) => one.version);
  if (found.length) {
    fail(`Python ${found[0].version.join('.')} is too old: PrivateWheel needs Python 3.10 or newer. ${ADVICE}`);
  } else if (process.platform === 'win32' && asked.some((one) => one.stub)) {
    fail(`the only Python here is the stub of Windows' app store, which runs nothing. ${ADVICE}`);
  } else {
    fail(`no Python was found. PrivateWheel needs Python 3.10 or newer. ${ADVICE}`);
  }
  return null;
}

// SIGTERM in both cases: a Python that is just starting would show a traceback for SIGINT.
function cancel() {
  if (running) running.kill('SIGTERM');
  if (cancelled) return;
  cancelled = true;
  setTimeout(() => running && running.kill('SIGKILL'), PATIENCE).unref();
}

async function main() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, cancel);
  const env = ownEnvironment();
  // Foreign code could read them from a child's environment: these children need none.
  const bare = Object.fromEntries(Object.entries(env).filter(([name]) => !/^(INPUT|ENDPOINT)_|TOKEN/i.test(name)));
  const command = await findPython(bare);
  if (cancelled) return ended(null, null);
  if (!command) return;
  const [program, ...flags] = command;
  const entrypoint = join(__dirname, 'entrypoint.py');
  if (!existsSync(entrypoint)) return fail(`${entrypoint} is missing: install the extension again.`, 'PW999');
  running = spawn(program, [...flags, '-u', entrypoint], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  running.on('error', (error) => fail(`${program} does not start: ${error.message}. ${ADVICE}`));
  running.on('close', ended);
}

main();
