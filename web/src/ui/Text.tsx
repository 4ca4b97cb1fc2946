import { useCallback, useEffect, useRef, useState } from "react";

import type { Box } from "../reading/types";
import { saveFile } from "./save";
import { useWords } from "./words";

interface Word {
  text: string;
  box: Box;
  confidence: number;
}

interface PageText {
  text: string;
  lines: { words: Word[]; box: Box }[];
}

interface Shown {
  name: string;
  bitmap: ImageBitmap;
  page: PageText;
}

const AGREED = "text-may-be-sent";
/** A word less sure than this is marked. */
const SURE = 0.8;

/** A page of print, read by the service that the page came from, once the user has agreed that it is sent there. */
export function Text() {
  const { words } = useWords();
  const [agreed, setAgreed] = useState(() => localStorage.getItem(AGREED) === "yes");
  const [shown, setShown] = useState<Shown>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");

  const read = useCallback(
    async (file: File | undefined) => {
      if (!agreed || !file) return;
      setBusy(true);
      setError("");
      try {
        const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
        const answer = await fetch(new URL("v1/text", document.baseURI), { method: "POST", body: file });
        const told = (await answer.json()) as PageText & { detail?: string };
        if (!answer.ok) throw new Error(told.detail ?? answer.statusText);
        setShown({ name: file.name, bitmap, page: told });
      } catch (reason) {
        setError(reason instanceof Error ? reason.message : String(reason));
      }
      setBusy(false);
    },
    [agreed],
  );

  useEffect(() => {
    const paste = (event: ClipboardEvent): void => void read(event.clipboardData?.files[0]);
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [read]);

  if (!agreed) {
    return (
      <div className="drop">
        <p>{words.asksFirst}</p>
        <button
          className="primary"
          onClick={() => {
            localStorage.setItem(AGREED, "yes");
            setAgreed(true);
          }}
        >
          {words.agree}
        </button>
      </div>
    );
  }
  return (
    <div>
      <div
        className="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void read(event.dataTransfer.files[0]);
        }}
      >
        {words.dropPage}{" "}
        <label className="choose">
          {words.choose}
          <input type="file" accept="image/*" onChange={(event) => void read(event.target.files?.[0])} />
        </label>
      </div>
      <p role="status" className="quiet">
        {busy && words.readingPage}
      </p>
      {error && (
        <p role="alert">
          {words.notRead} {error}
        </p>
      )}
      {shown && <Page shown={shown} />}
    </div>
  );
}

function Page({ shown: { name, bitmap, page } }: { shown: Shown }) {
  const { words } = useWords();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.drawImage(bitmap, 0, 0);
    context.lineWidth = Math.max(1, bitmap.width / 800);
    for (const line of page.lines) {
      context.strokeStyle = "#0077bb66";
      context.strokeRect(line.box.x, line.box.y, line.box.width, line.box.height);
      for (const { box, confidence } of line.words) {
        context.strokeStyle = confidence < SURE ? "#cc3311" : "#0077bb";
        context.strokeRect(box.x, box.y, box.width, box.height);
      }
    }
  }, [bitmap, page]);
  return (
    <article className="page">
      <canvas ref={canvas} width={bitmap.width} height={bitmap.height} role="img" aria-label={name} />
      <div>
        {page.lines.length === 0 && <p className="quiet">{words.noText}</p>}
        <div className="text" data-testid="text">
          {page.lines.map((line, i) => (
            <p key={i}>
              {line.words.map((word, k) => (
                <span key={k}>
                  {k > 0 && " "}
                  {word.confidence < SURE ? <mark title={`${Math.round(100 * word.confidence)} %`}>{word.text}</mark> : word.text}
                </span>
              ))}
            </p>
          ))}
        </div>
        {page.lines.length > 0 && (
          <p className="controls">
            <button onClick={() => void navigator.clipboard.writeText(page.text)}>{words.copy}</button>
            <button onClick={() => saveFile(new Blob([page.text + "\n"], { type: "text/plain" }), `${name.replace(/\.[^.]*$/, "")}.txt`)}>
              {words.saveText}
            </button>
            <small className="quiet">{words.marks}</small>
          </p>
        )}
      </div>
    </article>
  );
}
