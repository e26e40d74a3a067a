// SPDX-FileCopyrightText: 2026 The exordos_mail authors
// SPDX-License-Identifier: Apache-2.0

import java.io.FileInputStream;
import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.mail.Address;
import javax.mail.Message;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.AddressException;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Send letters with JavaMail, as its documentation shows; see ../README.md.
 *
 * Java reads no JSON of its own: the job comes as properties, a list as lines.
 */
public final class Send {
    private final Properties job = new Properties();
    private Session session;

    public static void main(String[] arguments) throws Exception {
        Send send = new Send();
        String path = arguments[0].replace(".json", ".properties");
        try (FileReader reader = new FileReader(path, StandardCharsets.UTF_8)) {
            send.job.load(reader);
        }
        send.run();
    }

    private void run() throws Exception {
        session = Session.getInstance(settings());
        Transport transport = session.getTransport("smtp");
        transport.connect(job.getProperty("user"), job.getProperty("password"));
        int letters = Integer.parseInt(job.getProperty("letters"));
        for (int i = 0; i < letters; i++) {
            deliver(transport, "letter." + i + ".");
        }
        transport.close();
    }

    private Properties settings() throws Exception {
        boolean implicit = job.getProperty("port").equals("465");
        Properties settings = new Properties();
        settings.put("mail.smtp.host", job.getProperty("host"));
        settings.put("mail.smtp.port", job.getProperty("port"));
        settings.put("mail.smtp.auth", "true");
        settings.put("mail.smtp.ssl.enable", String.valueOf(implicit));
        settings.put("mail.smtp.starttls.enable", String.valueOf(!implicit));
        settings.put("mail.smtp.starttls.required", String.valueOf(!implicit));
        settings.put("mail.smtp.ssl.checkserveridentity", "true");
        settings.put("mail.smtp.ssl.socketFactory", trusting(job.getProperty("ca")));
        settings.put("mail.smtp.sendpartial", "true");
        if (!job.getProperty("name").isEmpty()) {
            settings.put("mail.smtp.localhost", job.getProperty("name"));
        }
        return settings;
    }

    private static SSLSocketFactory trusting(String path) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (FileInputStream stream = new FileInputStream(path)) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Certificate one : factory.generateCertificates(stream)) {
                store.setCertificateEntry("node" + store.size(), one);
            }
        }
        TrustManagerFactory managers =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private void deliver(Transport transport, String letter) throws Exception {
        List<Address> to = new ArrayList<>();
        for (String address : lines(letter + "to")) {
            try {
                to.add(new InternetAddress(address, true));
            } catch (AddressException refused) {
                refuse(address, refused);
            }
        }
        Address[] recipients = to.toArray(new Address[0]);
        MimeMessage message = compose(letter, recipients);
        try {
            transport.sendMessage(message, recipients);
        } catch (SendFailedException refused) {
            for (Address address : refused.getInvalidAddresses()) {
                refuse(address.toString(), refused);
            }
            if (refused.getValidSentAddresses().length == 0) {
                throw refused;
            }
        }
        System.out.println("sent");
    }

    private MimeMessage compose(String letter, Address[] recipients) throws Exception {
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(job.getProperty("user")));
        message.setRecipients(Message.RecipientType.TO, recipients);
        message.setSubject(job.getProperty(letter + "subject"), "UTF-8");
        MimeMultipart parts = new MimeMultipart();
        MimeBodyPart text = new MimeBodyPart();
        text.setText(job.getProperty(letter + "text"), "UTF-8");
        parts.addBodyPart(text);
        List<String> names = lines(letter + "files.name");
        List<String> paths = lines(letter + "files.path");
        for (int i = 0; i < names.size(); i++) {
            MimeBodyPart file = new MimeBodyPart();
            file.attachFile(paths.get(i));
            file.setFileName(names.get(i));
            parts.addBodyPart(file);
        }
        message.setContent(parts);
        message.saveChanges();
        return message;
    }

    private List<String> lines(String name) {
        return job.getProperty(name).lines().toList();
    }

    private static void refuse(String address, Exception reason) {
        String text = String.valueOf(reason).replaceAll("\\s+", " ");
        System.out.println("refused\t" + address + "\t" + text);
    }
}
