// Holds sessions of the real @livekit/agents, and hands each to the hook as a job does.
// node run_node_session.mjs HOOK JOB_ID...; the key and the outbox are in the environment.
import { JobContext, initializeLogger, llm, voice } from "@livekit/agents";
import { pathToFileURL } from "node:url";

const [hook, ...jobIds] = process.argv.slice(2);
const { forwardToZelto } = await import(pathToFileURL(hook));
initializeLogger({ pretty: false, level: "silent" });

class ScriptedStream extends llm.LLMStream {
  async run() {
    this.queue.put({ id: "scripted", delta: { role: "assistant", content: "Grüß Gott!" } });
  }
}

class ScriptedModel extends llm.LLM {
  label() {
    return "scripted";
  }
  get model() {
    return "scripted-1";
  }
  chat({ chatCtx, toolCtx }) {
    const connOptions = { maxRetry: 0, retryIntervalMs: 10, timeoutMs: 1_000 };
    return new ScriptedStream(this, { chatCtx, toolCtx, connOptions });
  }
}

for (const id of jobIds) {
  const session = new voice.AgentSession({ llm: new ScriptedModel() });
  const agent = new voice.Agent({ instructions: "Be brief." });
  await session.start({ agent, record: false });
  await session.run({ userInput: "hello" }).wait();
  await session.close();
  const job = { id, agentName: "front-desk", room: { sid: "RM_1", name: "room" } };
  const makeSessionReport = () =>
    JobContext.prototype.makeSessionReport.call({ job }, session);
  await forwardToZelto({ job, makeSessionReport }, 2_500);
}
process.exit(0);
