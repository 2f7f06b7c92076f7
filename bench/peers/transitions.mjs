// Prints the seconds that one transition costs in aws-local-stepfunctions, its events read, as {"transition": …}.
import { StateMachine } from "aws-local-stepfunctions";

const LONG = 200; // as in bench/workflows.py
const SHORT = 100;

function chain(length) {
  const States = {};
  for (let n = 0; n < length - 1; n += 1) {
    States[`S${n}`] = { Type: "Pass", Result: { n }, ResultPath: "$.last", Next: `S${n + 1}` };
  }
  States[`S${length - 1}`] = { Type: "Pass", End: true };
  return { StartAt: "S0", States };
}

async function seconds(machine, times) {
  const begun = performance.now();
  for (let n = 0; n < times; n += 1) {
    const execution = machine.run({});
    let events = 0;
    for await (const event of execution.eventLogs) events += event.type ? 1 : 0;
    await execution.result;
    if (events < SHORT) throw new Error(`only ${events} events`);
  }
  return (performance.now() - begun) / 1000 / times;
}

const [longer, shorter] = [new StateMachine(chain(LONG)), new StateMachine(chain(SHORT))];
await seconds(longer, 20); // until it is compiled
const rounds = [];
for (let n = 0; n < 7; n += 1) {
  rounds.push(((await seconds(longer, 50)) - (await seconds(shorter, 50))) / (LONG - SHORT));
}
rounds.sort((a, b) => a - b);
console.log(JSON.stringify({ transition: rounds[3] }));
