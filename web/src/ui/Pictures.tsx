import { useCallback, useEffect, useRef, useState } from "react";

import type { Reader } from "../reading/reader";
import type { ReadFace } from "../reading/types";
import { Bars } from "./Bars";
import { drawFaces } from "./draw";
import { saveFile } from "./save";
import { useWords } from "./words";

interface Shown {
  id: number;
  name: string;
  bitmap: ImageBitmap;
  faces: ReadFace[];
}

/** Pictures dropped, pasted or chosen: read here, drawn, to be saved. */
export function Pictures({ reader, labels }: { reader: Reader; labels: string[] }) {
  const { words } = useWords();
  const [shown, setShown] = useState<Shown[]>([]);
  const [failed, setFailed] = useState<string[]>([]);
  const count = useRef(0);

  const read = useCallback(
    async (files: Iterable<File>) => {
      for (const file of files) {
        try {
          const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const context = canvas.getContext("2d")!;
          context.fillStyle = "#fff"; // what is transparent is laid on white, as the Python side does
          context.fillRect(0, 0, bitmap.width, bitmap.height);
          context.drawImage(bitmap, 0, 0);
          const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
          const { faces } = await reader.look({ data, width, height });
          const id = count.current++;
          setShown((before) => [{ id, name: file.name, bitmap, faces }, ...before]);
        } catch {
          setFailed((before) => [...before, file.name]);
        }
      }
    },
    [reader],
  );

  useEffect(() => {
    const paste = (event: ClipboardEvent): void => void read(event.clipboardData?.files ?? []);
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [read]);

  return (
    <div>
      <div
        className="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void read(event.dataTransfer.files);
        }}
      >
        {words.drop}{" "}
        <label className="choose">
          {words.choose}
          <input type="file" accept="image/*" multiple onChange={(event) => void read([...(event.target.files ?? [])])} />
        </label>
      </div>
      {failed.map((name, i) => (
        <p role="alert" key={i}>
          {words.unreadable} {name}
        </p>
      ))}
      {shown.map((picture) => (
        <Picture key={picture.id} picture={picture} labels={labels} />
      ))}
    </div>
  );
}

function Picture({ picture, labels }: { picture: Shown; labels: string[] }) {
  const { words, name } = useWords();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.drawImage(picture.bitmap, 0, 0);
    drawFaces(
      context,
      picture.faces.map((face, i) => {
        const told = face.reading.expression ? name(face.reading.expression) : words.unsure;
        return { face, title: `${i + 1}  ${told}` };
      }),
    );
  }, [picture, name, words]);
  return (
    <article className="picture">
      <figure>
        <canvas ref={canvas} width={picture.bitmap.width} height={picture.bitmap.height} role="img" aria-label={picture.name} />
        <figcaption>
          {picture.name}
          <button
            onClick={() => canvas.current?.toBlob((blob) => blob && saveFile(blob, `${picture.name.replace(/\.[^.]*$/, "")}-mien.png`))}
          >
            {words.saveDrawing}
          </button>
        </figcaption>
      </figure>
      <div className="side">
        {picture.faces.map((face, i) => (
          <Bars key={i} title={`${words.face} ${i + 1}`} reading={face.reading} labels={labels} />
        ))}
        {picture.faces.length === 0 && <p className="quiet">{words.noFace}</p>}
      </div>
    </article>
  );
}
