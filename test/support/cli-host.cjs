/**
 * Runs commands of the compiled command line (the argument is its file) as they are sent, and sends back how each ended
 * and what it wrote: see CliHost.
 */
const { PATH } = process.env;
const { runCommandLine } = require(process.argv[2]);

process.on('message', async ({ args, environment }) => {
  const ended = { code: 0, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text) => {
      ended[name] += text;
      return true;
    };
  }
  process.env = { PATH, ...environment };
  process.exitCode = undefined;
  await runCommandLine([process.execPath, 'hub', ...args]);
  ended.code = process.exitCode ?? 0;
  process.exitCode = undefined;
  process.send(ended);
});
