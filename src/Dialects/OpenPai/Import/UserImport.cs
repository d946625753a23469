using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>Takes over the users of an old cluster. Who is here already is left alone, so that it can be done again.</summary>
internal sealed class UserImport(IStore store, IAccounts accounts)
{
    /// <summary>Takes over all it can, and says what became of each.</summary>
    public async Task<Result<JsonObject>> Take(JsonNode file, CancellationToken stop)
    {
        if (!SecretFile.Read(file).Ok(out var entries, out var refusal))
            return refusal;
        var known = (await store.PoolsList(stop)).Select(pool => pool.Name).ToHashSet(StringComparer.Ordinal);
        var users = entries.Select(entry => entry.User).OfType<OldUser>().ToList();
        var made = await accounts.Import([.. users.Select(user => new ForeignUser(user.Name, user.Password, user.Admin, [.. user.Clusters.Where(known.Contains)]))], stop);
        var results = new Queue<Result<Core.Users.User>>(made);
        var report = new Report("users");
        foreach (var (name, user, problem, isUser) in entries)
        {
            if (user is null)
            {
                report.Add(isUser ? Outcome.Unusable : Outcome.Passed, new JsonObject { ["username"] = name, ["reason"] = problem });
                continue;
            }

            var line = new JsonObject { ["username"] = name, ["admin"] = user.Admin };
            if (!results.Dequeue().Ok(out _, out refusal))
            {
                line["reason"] = refusal.Code == RefusalCode.Conflict ? "there is a user of this name; nothing of them was changed" : refusal.Message;
                report.Add(refusal.Code == RefusalCode.Conflict ? Outcome.Exists : Outcome.Unusable, line);
                continue;
            }

            line["virtualClusters"] = Texts(user.Clusters.Where(known.Contains));
            line["missingVirtualClusters"] = Texts(user.Clusters.Where(cluster => !known.Contains(cluster)));
            report.Add(Outcome.Imported, line);
        }

        return report.Json;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
