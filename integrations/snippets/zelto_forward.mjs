// Hook it in: export default defineAgent({ entry, onSessionEnd: forwardToZelto });
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { voice } from "@livekit/agents"; // 1.9 or later

const ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls";
const AGENT_ID = "my-agent"; // CHANGE THIS: a stable id for this agent (its dispatch name wins)
// Each session waits here until Zelto has it; the next one that ends sends what was left.
const OUTBOX = process.env.ZELTO_OUTBOX ?? join(homedir(), ".local/state/zelto-livekit-node");
const REFUSED = new Set([400, 409, 410, 411, 413, 415, 422]); // and would be again
const LEFT_AFTER = 60_000; // milliseconds: until then the job that wrote it tries itself

export async function forwardToZelto(ctx, tryFor = 8_000) {
  const stop = Date.now() + tryFor;
  try {
    const body = JSON.stringify(sessionBody(ctx));
    const file = await keep(ctx.job.id, body).catch((error) => {
      console.error(`session ${ctx.job.id} could not be written to ${OUTBOX}: ${error.code}`);
      return null; // a full disk: it is sent all the same
    });
    if (await send(ctx.job.id, body, file, stop)) await sendWhatWasLeft(stop);
  } catch (error) {
    // Never the worker's problem, but always in its log; its text may hold what was said.
    console.error(`session ${ctx.job?.id} was not forwarded to Zelto: ${error.name}`);
  }
}

/** LiveKit's own report: what was said, tool calls, interruptions, times, metrics. */
function sessionBody(ctx) {
  const report = ctx.makeSessionReport();
  const closed = report.events.findLast((event) => event.type === "close");
  return {
    agent: { externalId: ctx.job.agentName || AGENT_ID },
    call: {
      externalId: report.jobId,
      startedAt: report.startedAt,
      endedAt: closed?.createdAt ?? report.timestamp,
      endedReason: closed?.reason,
    },
    sessionReport: {
      ...voice.sessionReportToJSON(report),
      timestamp: report.timestamp / 1000, // the one time of it in milliseconds
      events: null, // large, and said again in the history
      audio_recording_path: null,
    },
  };
}

/** Have all of it on the disk before it has its name. */
async function keep(jobId, body) {
  await mkdir(OUTBOX, { recursive: true, mode: 0o700 });
  const file = join(OUTBOX, `${encodeURIComponent(jobId)}.json`);
  const handle = await open(`${file}.tmp`, "w", 0o600);
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
  return file;
}

/** Post it until Zelto has it or time is over; twice does no harm. */
async function send(jobId, body, file, stop) {
  for (let wait = 500; ; wait *= 2) {
    const { status, text, after } = await post(body, Math.min(5_000, stop - Date.now()));
    if (status === 200 && text.includes('"received"')) {
      if (text.includes('"warnings"')) console.error(`Zelto on ${jobId}: ${text}`);
      if (file) await rm(file, { force: true });
      return true;
    }
    const pause = Math.max(wait, after);
    if (REFUSED.has(status) || Date.now() + pause >= stop) {
      if (file && REFUSED.has(status)) await rename(file, `${file}.refused`);
      console.error(`Zelto does not have session ${jobId}, ${file ?? "LOST"}: ${status} ${text}`);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function post(body, milliseconds) {
  const headers = {
    Authorization: `Bearer ${process.env.ZELTO_API_KEY}`,
    "Content-Type": "application/json",
    "X-Zelto-Provider": "livekit",
  };
  try {
    const signal = AbortSignal.timeout(Math.max(1, milliseconds));
    const request = { method: "POST", headers, body, signal, redirect: "manual" };
    const answer = await fetch(ZELTO_URL, request);
    const after = 1000 * (Number(answer.headers.get("Retry-After")) || 0);
    return { status: answer.status, text: (await answer.text()).slice(0, 2_000), after };
  } catch (error) {
    return { status: 0, text: String(error.cause?.code ?? error.name), after: 0 };
  }
}

async function sendWhatWasLeft(stop) {
  for (const name of await readdir(OUTBOX).catch(() => [])) {
    const file = join(OUTBOX, name);
    if (!name.endsWith(".json") || Date.now() >= stop) continue;
    const facts = await stat(file).catch(() => null); // another job may have sent it
    if (!facts || Date.now() - facts.mtimeMs < LEFT_AFTER) continue;
    const body = await readFile(file, "utf8").catch(() => null);
    const jobId = decodeURIComponent(name.slice(0, -".json".length));
    if (body !== null && !(await send(jobId, body, file, stop))) return;
  }
}
