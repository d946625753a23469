using System.Globalization;
using System.Text;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>
/// The part of the environment that all members of a gang share: each one's host and ports. Made once and handed over
/// by reference, because it grows with the gang.
/// </summary>
internal sealed class PeerBlock
{
    public static readonly PeerBlock None = new([]);

    private readonly KeyValuePair<string, string>[] _variables;
    private readonly HashSet<string> _names;

    private PeerBlock(List<KeyValuePair<string, string>> variables)
    {
        _variables = [.. variables];
        _names = [.. variables.Select(variable => variable.Key)];
        Bytes = _variables.Sum(variable => (long)Encoding.UTF8.GetByteCount(variable.Key) + Encoding.UTF8.GetByteCount(variable.Value) + 10);
    }

    /// <summary>What it takes of the system's limit.</summary>
    public long Bytes { get; }

    /// <summary>The block of a gang all of whose members are placed.</summary>
    public static PeerBlock Of(RunView run, string host)
    {
        var variables = new List<KeyValuePair<string, string>>();
        foreach (var variable in run.Plan.Peers)
        {
            foreach (var node in run.NodeList)
                Add(variables, variable, node, host);
        }

        return new PeerBlock(variables);
    }

    /// <summary>What an instance with variables of its own gets of this block: all of it, but for names it has itself.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Beside(Dictionary<string, string> own) =>
        own.Keys.Any(_names.Contains) ? [.. _variables.Where(variable => !own.ContainsKey(variable.Key))] : _variables;

    private static void Add(List<KeyValuePair<string, string>> variables, PeerVariable variable, NodeView node, string host)
    {
        var name = variable.Name.Replace("{task}", node.Plan.Key, StringComparison.Ordinal);
        if (variable.Kind == PeerValue.HostList)
        {
            var list = node.Instances.Select(instance => instance.Grant?.Of(variable.Label ?? "") is [var port, ..] ? $"{host}:{port}" : host);
            variables.Add(new(name, string.Join(',', list)));
            return;
        }

        foreach (var instance in node.Instances)
        {
            var own = name.Replace("{index}", instance.Index.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            if (variable.Kind == PeerValue.Host)
            {
                variables.Add(new(own, host));
                continue;
            }

            foreach (var (label, ports) in instance.Grant?.Labels ?? [])
                variables.Add(new(own.Replace("{label}", label, StringComparison.Ordinal), Grant.List(ports)));
        }
    }
}
