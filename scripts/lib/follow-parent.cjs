/**
 * Preloaded into Node programs that our scripts start: ends the program when the script that started it is gone.
 * A script that is killed with SIGKILL cannot tell its children, but its IPC channel closes.
 */
if (process.channel && process.env.FOLLOW_PARENT === String(process.ppid)) {
  process.on('disconnect', () => process.exit(1));
  // The channel alone is no reason to stay alive.
  process.channel.unref();
}
