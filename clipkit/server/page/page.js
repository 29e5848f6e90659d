// The page talks to the same API as every other client, and keeps nothing but the key of this tab.

const POLL_MS = 2000;
const find = (id) => document.getElementById(id);
let key = sessionStorage.getItem("clipkit-key");
let shown = null; // id of the job that is shown
let turn = 0; // counts what is shown: who follows something else has to stop

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(method, path, body) {
  for (;;) {
    const headers = key ? { Authorization: `Key ${key}` } : {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    if (answer.status === 429 && answer.headers.has("Retry-After")) {
      await pause(1000 * Number(answer.headers.get("Retry-After")));
      continue;
    }
    const text = await answer.text();
    if (answer.ok) return text ? JSON.parse(text) : null;
    let message = text;
    try { message = JSON.parse(text).error.message; } catch { /* it is no envelope */ }
    throw new Refused(answer.status, message);
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function complain(error) {
  find("trouble").textContent = error ? error.message : "";
  find("trouble").hidden = !error;
}

function clock(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":").replace(/^00:/, "");
}

async function enter() {
  try {
    await ask("GET", "v1/ping");
  } catch (error) {
    if (error.status !== 401) return complain(error);
    if (key) complain(error);
    find("access").hidden = false;
    find("ask").hidden = true;
    find("key").focus();
    return;
  }
  complain(null);
  find("access").hidden = true;
  find("ask").hidden = false;
  await listJobs();
}

find("access").addEventListener("submit", (event) => {
  event.preventDefault();
  key = find("key").value.trim();
  sessionStorage.setItem("clipkit-key", key);
  enter();
});

const drop = find("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  find("file").files = event.dataTransfer.files;
});

find("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = find("file").files[0];
  const url = find("url").value.trim();
  const button = find("ask").querySelector("button");
  complain(null);
  if (Boolean(file) === Boolean(url)) {
    complain(new Error("Choose a video, or give the address of one: exactly one of the two."));
    return;
  }
  button.disabled = true;
  try {
    open(file ? file.name : url);
    const source = file ? { upload_id: await upload(file) } : { url };
    const question = { source, top: Number(find("top").value) };
    if (find("criteria").value.trim()) question.criteria = find("criteria").value.trim();
    if (find("length").value) question.target_duration = Number(find("length").value);
    if (find("language").value) question.language = find("language").value.toLowerCase();
    const job = await ask("POST", "v1/clips", question);
    await Promise.all([listJobs(), follow(job.job_id)]);
  } catch (error) {
    find("job").hidden = shown === null;
    complain(error);
  } finally {
    button.disabled = false;
  }
});

async function upload(file) {
  const type = /^(video|audio)\//.test(file.type) ? file.type : "video/mp4";
  const announced = await ask("POST", "v1/uploads", { content_type: type });
  await new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", announced.upload_url);
    request.setRequestHeader("Content-Type", type);
    request.upload.onprogress = (event) => tell("uploading", event.loaded / event.total);
    request.onload = () => {
      if (request.status < 300) return done();
      let message = `the upload was refused with status ${request.status}`;
      try { message = JSON.parse(request.responseText).error.message; } catch { /* not ours */ }
      failed(new Error(message));
    };
    request.onerror = () => failed(new Error("the upload broke off; try again"));
    request.send(file);
  });
  return announced.upload_id;
}

function open(title) {
  shown = null;
  turn += 1;
  find("job-title").textContent = title;
  find("clips").replaceChildren();
  find("delete").hidden = true;
  find("job").hidden = false;
  tell("waiting", null);
}

function tell(text, share) {
  const progress = find("progress");
  progress.hidden = share === undefined;
  if (share === null) progress.removeAttribute("value");
  else if (share !== undefined) progress.value = share;
  const told = share ? `${text}, ${Math.floor(share * 100)} %` : text;
  if (find("status").textContent !== told) find("status").textContent = told;
}

async function follow(id) {
  shown = id;
  turn += 1;
  const mine = turn;
  find("delete").hidden = false;
  while (turn === mine) {
    let job = null;
    try {
      job = await ask("GET", `v1/clips/${id}`);
    } catch (error) {
      if (turn !== mine) return;
      // A network or a server that is away comes back; what is refused stays refused.
      if (error instanceof Refused && error.status < 500) throw error;
      tell("the service does not answer; tried again", null);
    }
    if (turn !== mine) return;
    if (job !== null) {
      show(job);
      if (job.status === "done" || job.status === "error") {
        await listJobs();
        return;
      }
    }
    await pause(POLL_MS);
  }
}

function show(job) {
  const asked = job.query.criteria.join(", ") || "general highlights";
  if (find("job-title").textContent !== asked) find("job-title").textContent = asked;
  if (job.status === "queued") tell("waiting for its turn", null);
  if (job.status === "processing") tell(words(job.stage), job.progress);
  if (job.status === "error") tell(`It came to nothing: ${job.error}`);
  if (job.status === "done") {
    const count = job.clips.length;
    tell(count ? `${count} clip${count === 1 ? "" : "s"}` : `No clips: ${job.reason}.`);
  }
  job.clips.forEach((clip, place) => {
    const item = find("clips").children[place] ?? card(clip);
    if (clip.preview_url && !item.querySelector("video")) play(item, clip);
  });
}

function words(stage) {
  return stage.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

function card(clip) {
  const item = find("clip").content.firstElementChild.cloneNode(true);
  const [said] = item.querySelectorAll("details p");
  const [facts, reason] = [item.querySelector(".facts"), item.querySelector(".reason")];
  item.querySelector("h3").textContent = clip.title;
  facts.textContent =
    `${clip.duration.toFixed(1)} s, from ${clock(clip.start)} to ${clock(clip.end)} · ` +
    `score ${clip.score.toFixed(2)}`;
  reason.textContent = clip.reason;
  said.textContent = clip.transcript || "Nothing is said.";
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Render “${clip.title}” in full quality`);
  button.addEventListener("click", () => render(item, clip));
  find("clips").append(item);
  return item;
}

function play(item, clip) {
  const video = document.createElement("video");
  video.controls = true;
  video.preload = "metadata";
  video.playsInline = true;
  video.src = clip.preview_url;
  video.setAttribute("aria-label", `Preview of “${clip.title}”`);
  item.querySelector(".picture").replaceChildren(video);
}

async function render(item, clip) {
  const button = item.querySelector("button");
  const status = item.querySelector(".render p");
  button.disabled = true;
  try {
    await ask("POST", `v1/clips/${clip.id}/renders`);
    for (;;) {
      const made = await ask("GET", `v1/renders/${clip.id}`);
      if (made.status === "error") throw new Error(made.error);
      if (made.status === "done") {
        const link = document.createElement("a");
        link.href = made.output_url;
        link.download = `${clip.title}.mp4`;
        link.textContent = "Open the MP4";
        status.replaceChildren(link);
        return;
      }
      const share = made.progress === undefined ? "" : `, ${Math.floor(made.progress * 100)} %`;
      status.textContent = `rendering${share}`;
      await pause(POLL_MS);
    }
  } catch (error) {
    status.textContent = error.message;
  } finally {
    button.disabled = false;
  }
}

find("delete").addEventListener("click", async () => {
  const id = shown;
  if (id === null || !confirm("Delete this job with its clips, previews and renders?")) return;
  turn += 1;
  try {
    await ask("DELETE", `v1/clips/${id}`);
    shown = null;
    find("job").hidden = true;
    await listJobs();
    find("ask").querySelector("input").focus();
  } catch (error) {
    complain(error);
  }
});

async function listJobs() {
  const { jobs } = await ask("GET", "v1/clips?limit=10");
  const items = jobs.map((job) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const about = document.createElement("span");
    button.type = "button";
    button.textContent = job.criteria.join(", ") || "general highlights";
    button.addEventListener("click", async () => {
      complain(null);
      open(button.textContent);
      find("job-title").focus();
      try { await follow(job.job_id); } catch (error) { complain(error); }
    });
    about.textContent = `${job.status}, ${new Date(job.created_at).toLocaleString()}`;
    item.append(button, about);
    return item;
  });
  find("jobs").replaceChildren(...items);
  find("earlier").hidden = jobs.length === 0;
}

enter();
