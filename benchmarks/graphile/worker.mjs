// Runs N jobs of graphile-worker, each of which spawns /bin/true, with its settings for throughput; prints jobs per second.
//   node worker.mjs CONNECTION N
import { spawn } from "node:child_process";
import { Logger, makeWorkerUtils, run } from "graphile-worker";

const [connectionString, count] = [process.argv[2], Number(process.argv[3])];
// What it says of each job goes nowhere: standard output is the number's.
const logger = new Logger(() => () => {});
const preset = {
  worker: {
    connectionString,
    concurrentJobs: 24,
    maxPoolSize: 25,
    logger,
    pollInterval: 2000,
    preparedStatements: true,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
const add = (n) => utils.withPgClient((client) => client.query("select graphile_worker.add_job('spawn', json_build_object('n', i)) from generate_series(1, $1) i", [n]));

let done = 0;
let tell;
const reached = (n) => new Promise((resolve) => { tell = () => done >= n && resolve(); });
const taskList = {
  spawn: () =>
    new Promise((resolve, reject) => {
      const child = spawn("/bin/true", [], { stdio: "ignore" });
      child.on("error", reject);
      child.on("exit", (code) => {
        done++;
        resolve();
        tell?.();
        if (code !== 0) reject(new Error(`ended with ${code}`));
      });
    }),
};

const runner = await run({ preset, taskList, noHandleSignals: true });
let all = reached(50);
await add(50);
await all;
done = 0;
all = reached(count);
const started = process.hrtime.bigint();
await add(count);
await all;
// Done is what the database knows to be done.
for (;;) {
  const { rows } = await utils.withPgClient((client) => client.query("select count(*)::int as left from graphile_worker.jobs"));
  if (rows[0].left === 0) break;
}
console.log(count / (Number(process.hrtime.bigint() - started) / 1e9));
await runner.stop();
await utils.release();
