using Switchyard.Core.Notifications;
using Switchyard.Server.Configuration;

namespace Switchyard.Server.Notices;

/// <summary>Takes notices to their receivers: webhooks by HTTP, mails by SMTP.</summary>
public sealed class Carrier(YardSettings settings, TimeProvider clock) : ICarrier, IDisposable
{
    private readonly Webhooks _webhooks = new(clock);
    private readonly Mails _mails = new(settings, clock);

    /// <inheritdoc/>
    public Task<Carried> Carry(Notice notice, CancellationToken stop) => notice.Kind == NoticeKind.Mail ? _mails.Carry(notice, stop) : _webhooks.Carry(notice, stop);

    public void Dispose() => _webhooks.Dispose();
}
