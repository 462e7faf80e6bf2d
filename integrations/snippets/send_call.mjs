// Node.js 18 or later, without packages: ZELTO_API_KEY=... node send_call.mjs
const ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls";
const TRY_AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Zelto's answer. Throws where the call was refused or did not arrive. */
export async function sendToZelto(call, tries = 4) {
  const headers = {
    Authorization: `Bearer ${process.env.ZELTO_API_KEY}`,
    "Content-Type": "application/json",
  };
  let wait = 500;
  for (let attempt = 1; ; attempt += 1) {
    let status = 503;
    let text;
    try {
      const signal = AbortSignal.timeout(5000);
      const body = JSON.stringify(call);
      const answer = await fetch(ZELTO_URL, { method: "POST", headers, body, signal });
      if (answer.ok) return await answer.json();
      status = answer.status;
      text = await answer.text();
      wait = Math.max(wait, 1000 * (Number(answer.headers.get("Retry-After")) || 0));
    } catch (error) {
      text = String(error.cause ?? error); // no connection, or no answer in time
    }
    if (!TRY_AGAIN.has(status) || attempt >= tries) {
      throw new Error(`Zelto did not take the call: ${status} ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait *= 2;
  }
}

const sample = {
  call: { externalId: "call-1001" }, // your own id of the call
  agent: { externalId: "front-desk", name: "Front desk" },
  transcript: {
    turns: [
      { role: "assistant", content: "Northwind, how can I help?" },
      { role: "user", content: "Where is my order 4711?" },
      { role: "assistant", content: "It is due tomorrow." },
    ],
  },
};
console.log(await sendToZelto(sample));
