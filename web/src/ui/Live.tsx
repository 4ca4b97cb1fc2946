import { useCallback, useEffect, useRef, useState } from "react";

import type { ClassifierContract } from "../reading/contract";
import { Follower, type Track } from "../reading/follow";
import type { Reader } from "../reading/reader";
import { ServerReader } from "../reading/server";
import { Bars } from "./Bars";
import { drawFaces } from "./draw";
import { saveFile } from "./save";
import { Timeline } from "./timeline";
import { useWords } from "./words";

/** Of the faces in front of a camera, in pixels: whoever looks smaller sits in another room, and finding them costs twice the time. */
export const SMALLEST = 64;

interface Given {
  reader: Reader;
  contract: ClassifierContract;
  /** Whether the service reads the frames instead of this device, and who is told when that changes. */
  remote: boolean;
  onRemote: (remote: boolean) => void;
}

/** The camera, read as fast as this device can: the newest frame is read, those in between are passed over. */
export function Live({ reader, contract, remote, onRemote }: Given) {
  const { labels } = contract;
  const { words, name } = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const chart = useRef<HTMLCanvasElement>(null);
  const timeline = useRef(new Timeline());
  const [stream, setStream] = useState<MediaStream>();
  const [cameras, setCameras] = useState<MediaDeviceInfo[]>([]);
  const [paused, setPaused] = useState(false);
  const [mirrored, setMirrored] = useState(true);
  const [tracks, setTracks] = useState<Track[]>([]);
  const [rate, setRate] = useState(0);
  const [error, setError] = useState("");

  const start = useCallback(async (camera?: string) => {
    try {
      const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, ...(camera ? { deviceId: { exact: camera } } : {}) };
      const opened = await navigator.mediaDevices.getUserMedia({ video: wanted });
      setStream((before) => {
        before?.getTracks().forEach((track) => track.stop());
        return opened;
      });
      setCameras((await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput"));
      timeline.current = new Timeline();
      setPaused(false);
      setError("");
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    }
  }, []);

  const stop = useCallback(() => {
    stream?.getTracks().forEach((track) => track.stop());
    setStream(undefined);
    setTracks([]);
  }, [stream]);

  useEffect(() => () => stream?.getTracks().forEach((track) => track.stop()), [stream]);

  useEffect(() => {
    const element = video.current;
    if (!element || !stream) return;
    element.srcObject = stream;
    void element.play();
  }, [stream]);

  useEffect(() => {
    const element = video.current;
    if (!element || !stream || paused) return;
    let running = true;
    const follower = new Follower(contract);
    const eye = remote ? new ServerReader(contract) : reader;
    const begun = performance.now() - 1000 * (timeline.current.moments.at(-1)?.time ?? 0);
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const ends: number[] = [];
    const loop = async (): Promise<void> => {
      while (running && context) {
        if (element.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          continue;
        }
        canvas.width = element.videoWidth;
        canvas.height = element.videoHeight;
        context.drawImage(element, 0, 0);
        const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
        try {
          const { faces } = await eye.look({ data, width, height }, SMALLEST);
          if (!running) return;
          const time = (performance.now() - begun) / 1000;
          const followed = follower.follow(time, faces);
          timeline.current.add(time, followed);
          setTracks(followed);
          ends.push(performance.now());
          if (ends.length > 20) ends.shift();
          if (ends.length > 1) setRate((1000 * (ends.length - 1)) / (ends.at(-1)! - ends[0]!));
        } catch (reason) {
          if (running) setError(reason instanceof Error ? reason.message : String(reason));
          return;
        }
      }
    };
    void loop();
    return () => {
      running = false;
      if (eye instanceof ServerReader) eye.close();
    };
  }, [stream, paused, reader, contract, remote]);

  useEffect(() => {
    const canvas = overlay.current;
    const element = video.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !element || !context) return;
    canvas.width = element.videoWidth || 640;
    canvas.height = element.videoHeight || 480;
    const named = tracks.map(({ number, face }) => {
      const told = face.reading.expression ? name(face.reading.expression) : words.unsure;
      return { face, title: `${number}  ${told}` };
    });
    drawFaces(context, named, mirrored);
    const drawing = chart.current?.getContext("2d");
    if (drawing) timeline.current.draw(drawing, labels);
  }, [tracks, mirrored, labels, name, words]);

  const inspect = (event: React.PointerEvent<HTMLCanvasElement>): void => {
    if (!paused) return;
    const [from, to] = timeline.current.span;
    const place = event.nativeEvent.offsetX / event.currentTarget.clientWidth;
    const moment = timeline.current.at(from + place * (to - from));
    if (moment) setTracks(moment.tracks);
  };

  return (
    <div className="live">
      <div className="stage">
        <div className={mirrored ? "view mirrored" : "view"}>
          <video ref={video} playsInline muted hidden={!stream} />
          <canvas ref={overlay} hidden={!stream} aria-hidden="true" />
          {!stream && (
            <button className="primary" onClick={() => void start()}>
              {words.start}
            </button>
          )}
        </div>
        {error && (
          <p role="alert">
            {words.refused} {error}
          </p>
        )}
        {stream && (
          <div className="controls">
            <button onClick={() => setPaused(!paused)}>{paused ? words.resume : words.pause}</button>
            <button onClick={stop}>{words.stop}</button>
            <label>
              <input type="checkbox" checked={mirrored} onChange={(event) => setMirrored(event.target.checked)} /> {words.mirror}
            </label>
            <label>
              {words.camera}{" "}
              <select onChange={(event) => void start(event.target.value)}>
                {cameras.map((camera, i) => (
                  <option key={camera.deviceId} value={camera.deviceId}>
                    {camera.label || `${words.camera} ${i + 1}`}
                  </option>
                ))}
              </select>
            </label>
            <label title={words.remoteHelp}>
              <input type="checkbox" checked={remote} onChange={(event) => onRemote(event.target.checked)} /> {words.remote}
            </label>
            <span className="rate">
              <output data-testid="rate">{rate.toFixed(1)}</output> {words.frames}
            </span>
          </div>
        )}
        {stream && (
          <figure className="timeline">
            <figcaption>
              {words.timeline} <small>{words.inspect}</small>
              <button onClick={() => saveFile(new Blob([timeline.current.csv(labels)], { type: "text/csv" }), "mien.csv")}>
                {words.saveTable}
              </button>
            </figcaption>
            <canvas ref={chart} width={900} height={56} onPointerMove={inspect} data-testid="timeline" aria-label={words.timeline} role="img" />
          </figure>
        )}
      </div>
      <div className="side" aria-live="off">
        {tracks.map(({ number, face }) => (
          <Bars key={number} title={`${words.face} ${number}`} reading={face.reading} labels={labels} />
        ))}
        {stream && tracks.length === 0 && <p className="quiet">{words.noFace}</p>}
      </div>
    </div>
  );
}
