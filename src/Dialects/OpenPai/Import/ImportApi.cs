using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>Takes files of an old cluster, as <c>yard import</c> sends them. Administrators only; no calls of the platform's.</summary>
internal sealed class ImportApi(UserImport users, JobImport jobs, int maxBytes)
{
    public void Map(OpenPaiDialect.Routes api)
    {
        api.Admin("POST", "/users", call => Take(call, file => users.Take(file, call.Stop)));
        api.Admin("POST", "/jobs", call => Take(call, file => jobs.Take(file, call.Caller, call.Query("start") == "true", call.Stop)));
    }

    private async Task<Reply> Take(Call call, Func<JsonNode, Task<Result<JsonObject>>> import)
    {
        if (await JsonBody.ReadRaw(call.Http, maxBytes, call.Stop) is not { } bytes)
            return Reply.Message(413, "request entity too large");
        if (!FileText.Parse(bytes).Ok(out var file, out var refusal))
            return Reply.From(refusal);
        return (await import(file)).Ok(out var report, out refusal) ? new Reply(200, report) : Reply.From(refusal);
    }
}
