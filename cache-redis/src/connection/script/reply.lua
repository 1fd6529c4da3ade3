end
local function as_text(reply)
  if type(reply) == 'string' then
    return (string.gsub(reply, '[%z\1-\31\128-\255]', texts))
  elseif type(reply) == 'table' then
    for i = 1, #reply do
      reply[i] = as_text(reply[i])
    end
  end
  return reply
end
return as_text(run())
