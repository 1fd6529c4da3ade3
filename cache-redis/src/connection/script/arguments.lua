-- Bytes travel as text: each stands for itself, but those below 32 as the characters from 256 on, and those above 127 as the characters from 128 on, in UTF-8.
local texts, bytes = {}, {}
for byte = 0, 255 do
  if byte < 32 or byte > 127 then
    local character = byte < 32 and 256 + byte or byte
    local text = string.char(192 + math.floor(character / 64), 128 + character % 64)
    texts[string.char(byte)], bytes[text] = text, string.char(byte)
  end
end
for i = 1, #ARGV do
  ARGV[i] = string.gsub(ARGV[i], '[\194-\196][\128-\191]', bytes)
end
local function run()
