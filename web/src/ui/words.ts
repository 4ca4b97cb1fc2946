/** What the page says, in English and Vietnamese. */

import { createContext, useContext } from "react";

const ENGLISH = {
  tagline: "reads what faces show",
  stays: "Pictures stay on this device.",
  live: "Live",
  pictures: "Pictures",
  text: "Text",
  models: "Models",
  start: "Start the camera",
  pause: "Pause",
  resume: "Go on",
  stop: "Stop",
  camera: "Camera",
  mirror: "Mirror",
  network: "Network",
  loading: "Loading the networks …",
  noFace: "No face in sight",
  unsure: "unsure",
  face: "Face",
  frames: "frames a second",
  timeline: "Timeline",
  inspect: "Pause, then point at the timeline to see a moment.",
  saveTable: "Save as CSV",
  drop: "Drop pictures here, paste them, or",
  choose: "choose files",
  saveDrawing: "Save the annotated picture",
  refused: "The camera cannot be used:",
  unreadable: "This file is no picture that the browser can show:",
  parameters: "parameters",
  noCards: "The cards come from the service, which does not answer.",
  honest: "It reads what a face shows in one moment, not what a person feels. Do not use it to decide about people.",
  failed: "The networks could not be opened:",
  remote: "Let the service read",
  remoteHelp: "For weak devices: frames are sent to the service that this page came from.",
  streams: "Frames of the camera are sent to the service that this page came from, which reads them in memory and forgets them.",
  leaves: "On this tab pages are sent to the service that this page came from, which reads them in memory and forgets them.",
  asksFirst: "Text is read by the service that this page came from, not by this device: each page that you choose here is sent there, read in memory and forgotten. Expressions, on the other tabs, are read on this device.",
  agree: "Send pages to this service",
  dropPage: "Drop a picture of a page here, paste it, or",
  readingPage: "Reading …",
  noText: "No text was found.",
  notRead: "The service could not read this page:",
  copy: "Copy the text",
  saveText: "Save the text",
  marks: "Words that may be wrong are marked.",
  language: "Tiếng Việt",
};

export type Words = typeof ENGLISH;
export type Language = "en" | "vi";

export const WORDS: Record<Language, Words> = {
  en: ENGLISH,
  vi: {
    tagline: "đọc nét mặt",
    stays: "Ảnh không rời khỏi thiết bị này.",
    live: "Trực tiếp",
    pictures: "Ảnh",
    text: "Chữ",
    models: "Mô hình",
    start: "Bật máy ảnh",
    pause: "Tạm dừng",
    resume: "Tiếp tục",
    stop: "Dừng",
    camera: "Máy ảnh",
    mirror: "Soi gương",
    network: "Mạng",
    loading: "Đang tải các mạng …",
    noFace: "Không thấy khuôn mặt nào",
    unsure: "không chắc",
    face: "Khuôn mặt",
    frames: "khung hình mỗi giây",
    timeline: "Dòng thời gian",
    inspect: "Tạm dừng rồi chỉ vào dòng thời gian để xem một thời điểm.",
    saveTable: "Lưu CSV",
    drop: "Thả ảnh vào đây, dán ảnh, hoặc",
    choose: "chọn tệp",
    saveDrawing: "Lưu ảnh đã đánh dấu",
    refused: "Không dùng được máy ảnh:",
    unreadable: "Tệp này không phải ảnh mà trình duyệt hiển thị được:",
    parameters: "tham số",
    noCards: "Thẻ mô hình do dịch vụ cung cấp, nhưng dịch vụ không trả lời.",
    honest: "Nó đọc điều khuôn mặt thể hiện trong một khoảnh khắc, không phải điều người ta cảm thấy. Đừng dùng để quyết định về con người.",
    failed: "Không mở được các mạng:",
    remote: "Để dịch vụ đọc",
    remoteHelp: "Cho thiết bị yếu: khung hình được gửi tới dịch vụ đã cung cấp trang này.",
    streams: "Khung hình từ máy ảnh được gửi tới dịch vụ đã cung cấp trang này; dịch vụ đọc trong bộ nhớ rồi quên đi.",
    leaves: "Ở thẻ này, trang được gửi tới dịch vụ đã cung cấp trang web này; dịch vụ đọc trong bộ nhớ rồi quên đi.",
    asksFirst: "Chữ được đọc bởi dịch vụ đã cung cấp trang web này chứ không phải trên thiết bị: mỗi trang bạn chọn sẽ được gửi tới đó, đọc trong bộ nhớ rồi quên đi. Nét mặt, ở các thẻ khác, được đọc ngay trên thiết bị.",
    agree: "Gửi trang tới dịch vụ này",
    dropPage: "Thả ảnh một trang vào đây, dán ảnh, hoặc",
    readingPage: "Đang đọc …",
    noText: "Không thấy chữ nào.",
    notRead: "Dịch vụ không đọc được trang này:",
    copy: "Chép văn bản",
    saveText: "Lưu văn bản",
    marks: "Những từ có thể sai được đánh dấu.",
    language: "English",
  },
};

const EXPRESSIONS_VI: Record<string, string> = {
  neutral: "bình thản",
  happiness: "vui",
  surprise: "ngạc nhiên",
  sadness: "buồn",
  anger: "giận",
  disgust: "ghê tởm",
  fear: "sợ",
  contempt: "khinh",
};

export const LanguageContext = createContext<Language>("en");

export function useWords(): { words: Words; name: (expression: string) => string } {
  const language = useContext(LanguageContext);
  const name = (expression: string): string => (language === "vi" ? (EXPRESSIONS_VI[expression] ?? expression) : expression);
  return { words: WORDS[language], name };
}
