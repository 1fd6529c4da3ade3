local words = { ARGV[1] }
for i = 1, #KEYS do
  words[#words + 1] = KEYS[i]
end
for i = 2, #ARGV do
  words[#words + 1] = ARGV[i]
end
return redis.call(unpack(words))
