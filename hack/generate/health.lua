-- `settled` is the condition that says that all is as the spec asks; nil: there is nothing to wait for.
local status = obj.status or {}
local said = {}
for _, condition in ipairs(status.conditions or {}) do
  said[condition.type] = condition
end

local function holds(name)
  return said[name] ~= nil and said[name].status == "True"
end

local function health(word, name)
  return {status = word, message = said[name].message}
end

if settled ~= nil and (status.observedGeneration or 0) < (obj.metadata.generation or 0) then
  return {status = "Progressing", message = "Vireo has not looked at this spec yet."}
end
for _, name in ipairs({"Failed", "Stalled"}) do
  if holds(name) then
    return health("Degraded", name)
  end
end
if settled == nil then
  return {status = "Healthy"}
end
if holds(settled) then
  return health("Healthy", settled)
end
for _, name in ipairs({"Reconciling", settled}) do
  if said[name] ~= nil then
    return health("Progressing", name)
  end
end
return {status = "Progressing", message = "Vireo has said nothing of it yet."}
